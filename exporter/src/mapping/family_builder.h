// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "config/mapping_config.h"
#include "mapping/decimal.h"
#include "metrics/snapshot.h"

namespace o2o {

// What one row gives to one metric.
struct RowSample {
  std::string_view key;           // the labels as SeriesTable wants them
  std::string_view number;        // empty beside a time: the row has no value, and yet may be the newest
  std::uint32_t row = 0;          // counted from 1
  std::optional<Timestamp> time;  // where the newest row is picked
};

// Collects the series of one family from samples, and combines those of equal labels as their metric says.
class FamilyBuilder {
 public:
  enum class Added {
    kNew,
    kAggregated,
    kDuplicate,  // the labels were there and nothing aggregates; the metric's policy was applied
    kAmbiguous,  // the same, and the policy publishes none of them; see earlier_row()
  };

  explicit FamilyBuilder(MetricDesc desc);

  Added Add(const MetricConfig& metric, const RowSample& sample);
  // What another builder has collected of the metric under one label set, here under that of `key`; as if its
  // samples had been added here, behind those that were.
  Added AddSeries(const MetricConfig& metric, std::string_view key, const FamilyBuilder& from,
                  SeriesTable::Id id);
  const SeriesTable& table() const { return *table_; }
  // The row that gave the value of a series whose label set no second row may have.
  std::uint32_t RowOf(SeriesTable::Id id) const;
  // The first row that had the labels of the sample that was just called ambiguous.
  std::uint32_t earlier_row() const { return earlier_row_; }

  // Without those that are withheld.
  std::size_t series() const { return table_->size() - withheld_series_; }
  // A series without labels of rows, of which no row told.
  void AddZero(std::string_view key);
  void Clear();
  // Once.
  Family Take();

 private:
  struct Total {
    Sum sum;
    bool average = false;
  };

  // What a sample stands for: one row, or all that another builder has combined.
  struct Combined {
    std::uint64_t count = 1;
    const Sum* sum = nullptr;  // null: its number
    bool withheld = false;
  };

  void Note(const MetricConfig& metric, SeriesTable::Id id, const RowSample& sample);
  Added Combine(const MetricConfig& metric, SeriesTable::Id id, const RowSample& sample, Combined what);
  Added AddEqual(const MetricConfig& metric, SeriesTable::Id id, const RowSample& sample, Combined what);
  Added AddTimed(const MetricConfig& metric, SeriesTable::Id id, const RowSample& sample, Combined what);
  void AddTo(SeriesTable::Id id, std::string_view number, const Sum* sum, bool average);
  void CountUp(SeriesTable::Id id, std::uint64_t by);
  bool IsWithheld(SeriesTable::Id id) const { return id < withheld_.size() && withheld_[id]; }
  void Withhold(SeriesTable::Id id, bool withheld);
  void DropWithheld();

  MetricDesc desc_;
  std::shared_ptr<SeriesTable> table_;
  std::unordered_map<SeriesTable::Id, Total> totals_;  // of series that had two samples
  // By series, as far as some metric needs it.
  std::vector<std::uint32_t> rows_;  // the row that gave the value
  std::vector<Timestamp> times_;     // and its time
  std::vector<bool> withheld_;       // not to be published: ambiguous, or the newest row has no value
  std::size_t withheld_series_ = 0;
  std::uint32_t earlier_row_ = 0;
};

}  // namespace o2o

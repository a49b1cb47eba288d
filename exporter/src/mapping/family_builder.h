// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "config/mapping_config.h"
#include "mapping/decimal.h"
#include "metrics/snapshot.h"

namespace o2o {

// Collects the series of one family from samples, and combines those of equal labels as their metric says.
class FamilyBuilder {
 public:
  enum class Added {
    kNew,
    kAggregated,
    kDuplicate,  // the labels were there and nothing aggregates; the metric's policy was applied
    kRejected,   // the same, and the policy takes no second one
  };

  explicit FamilyBuilder(MetricDesc desc);

  // `key`: the labels as SeriesTable wants them. `replaces`: the sample is of an equal key, of which the last
  // one wins.
  Added Add(const MetricConfig& metric, std::string_view key, std::string_view number, bool replaces);
  std::size_t series() const { return table_->size(); }
  void Clear();
  // Once.
  Family Take();

 private:
  struct Total {
    Sum sum;
    bool average = false;
  };

  void AddTo(SeriesTable::Id id, std::string_view number, bool average);
  void CountUp(SeriesTable::Id id);

  MetricDesc desc_;
  std::shared_ptr<SeriesTable> table_;
  std::unordered_map<SeriesTable::Id, Total> totals_;  // of series that had two samples
};

}  // namespace o2o

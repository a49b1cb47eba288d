// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "metrics/gzip.h"
#include "metrics/metric_desc.h"
#include "metrics/series_table.h"
#include "metrics/text_format.h"

// The path of a value to a scrape: Family (values) -> FamilyBlock (rendered once) -> Snapshot (one poll's
// blocks) -> SnapshotBoard (what scrapes join).
namespace o2o {

// One line of the exposition: label values in the order of the desc, and the value as text (FormatValue, or
// exact digits from PostgreSQL).
struct Sample {
  std::vector<std::string> labels;
  std::string value;
};

// One histogram series. `buckets` counts per bucket, not cumulated, one more than `bounds` (the last is
// +Inf).
struct HistogramSample {
  std::vector<std::string> labels;
  std::vector<std::uint64_t> buckets;
  std::string sum;
};

struct Family {
  MetricDesc desc;
  std::vector<Sample> samples;  // gauge, counter
  std::vector<double> bounds;   // histogram: upper bounds, rising, without +Inf
  std::vector<HistogramSample> histograms;
  std::shared_ptr<SeriesTable> table =
      nullptr;  // instead of `samples`, where there are very many; used up by rendering
};

// One family of one source, rendered and compressed when its poll ended. Immutable.
struct FamilyBlock {
  std::string name;  // of the family
  MetricType type = MetricType::kGauge;
  std::string header;  // # HELP and # TYPE, text 0.0.4
  std::string openmetrics_header;
  std::string samples;  // sorted lines; the same bytes in text 0.0.4 and OpenMetrics
  Deflated deflated_header;
  Deflated deflated_openmetrics_header;
  Deflated deflated_samples;
  std::size_t series = 0;  // time series, so several for a histogram
};

// Sorts samples by labels and renders. Label values are repaired (RepairUtf8) and escaped; of equal label
// sets the first stays. Values are taken as they are; the caller must have validated names.
std::shared_ptr<const FamilyBlock> Render(Family family);

// The same as text, header and samples, for what is rendered at a scrape.
void AppendFamily(std::string& out, Family family, ExpositionFormat format);

// What one poll of one source publishes. Immutable.
struct Snapshot {
  std::vector<std::shared_ptr<const FamilyBlock>> families;
  Timestamp taken_at;
  std::size_t series = 0;
};
std::shared_ptr<const Snapshot> MakeSnapshot(std::vector<Family> families, Timestamp taken_at);

// The codes of the vendors that a poll's rows and series name.
struct VendorCodes {
  using Codes = std::set<std::string, std::less<>>;
  Codes codes;
  bool complete = true;  // none but these
};

// The rows behind a publisher's snapshot, for people. Texts of JSON objects; the first ones, where there were
// too many to keep.
struct LastRows {
  std::shared_ptr<const std::vector<std::string>> rows;
  std::size_t total = 0;
  Timestamp taken_at;
  std::shared_ptr<const VendorCodes> vendors = std::make_shared<const VendorCodes>();

  bool complete() const { return rows->size() == total; }
};

// The current snapshot of each publisher, and its last rows. Thread-safe; nothing is rendered and no I/O
// happens under its lock.
class SnapshotBoard {
 public:
  using Snapshots = std::map<std::string, std::shared_ptr<const Snapshot>>;
  void Publish(const std::string& publisher, std::shared_ptr<const Snapshot> snapshot);
  // With the rows that it came from.
  void Publish(const std::string& publisher, std::shared_ptr<const Snapshot> snapshot, LastRows rows);
  // The rows stay: they are shown with their age.
  void Drop(const std::string& publisher);
  // Forgets a publisher that is gone: its snapshot and its rows.
  void Remove(const std::string& publisher);
  Snapshots Read() const;
  std::map<std::string, LastRows> Rows() const;

 private:
  mutable Mutex mutex_;
  Snapshots snapshots_ O2O_GUARDED_BY(mutex_);
  std::map<std::string, LastRows> rows_ O2O_GUARDED_BY(mutex_);
};

// The blocks under one header, in the order of their publishers.
struct FamilyGroup {
  std::string_view name;
  std::vector<const FamilyBlock*> blocks;
};
// All families, sorted by name. Where publishers do not agree on a family's type, those of the first
// publisher's type stay: a family has one type or the scrape fails. Points into `snapshots`.
std::vector<FamilyGroup> GroupByFamily(const SnapshotBoard::Snapshots& snapshots);

// The text of all families, sorted by name, one header each however many publishers feed it.
std::string JoinText(const SnapshotBoard::Snapshots& snapshots);

}  // namespace o2o

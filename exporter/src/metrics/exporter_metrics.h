// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/snapshot.h"

namespace o2o {

// How one poll ended, for the metrics that every source has.
struct PollOutcome {
  bool up = false;
  ErrorCode reason = ErrorCode::kInternal;  // where not up
  std::optional<ErrorCode>
      trouble;  // where up: counted as a failure all the same (rows that could not be kept)
  double duration_seconds = 0;
  std::size_t rows = 0;
  std::size_t series = 0;
  std::size_t response_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> rejected_rows;  // by reason, of this poll
  std::vector<std::pair<std::string, std::uint64_t>> repaired;       // the same
  Timestamp at;
};

// The closed sets of label values that a kind of source can have.
struct SourceReasons {
  std::vector<ErrorCode> failures;
  std::vector<std::string> rejected;
  std::vector<std::string> repaired;
};

// What became of a row of orders that was given to PostgreSQL.
enum class IngestedAs {
  kInserted,
  kUpdated,
  kUnchanged,
  kStale,  // older than what is kept
  kRejected,
};
std::string_view Name(IngestedAs fate);
std::span<const IngestedAs> AllIngestedAs();

// The exporter's metrics about itself, in prometheus-cpp's registry: o2o_source_*, o2o_store_*,
// o2o_ingest_rows_total, build, config. Every known label set exists at 0 from the start (also
// o2o_source_up and the time of the last success, until the first one). Thread-safe; a scrape sees a poll's
// numbers all or none.
class ExporterMetrics {
 public:
  ExporterMetrics();
  ~ExporterMetrics();

  // Before the source's first poll: each of `reasons` exists at 0 from now on. A poll that ends with another
  // one is counted under that one's own name. Called again, for instance after a reload, it changes the
  // interval and keeps the counts.
  void AddSource(const std::string& source, double interval_seconds, const SourceReasons& reasons);
  // For a source that a reload removed: its series vanish instead of reporting its last poll for ever.
  void RemoveSource(const std::string& source);
  void PollStarted(const std::string& source);
  // A poll that was cancelled says nothing of the source: it changes no number. Rows, series and bytes are
  // kept from the last good poll.
  void PollEnded(const std::string& source, const PollOutcome& outcome);
  void SetStale(const std::string& source, bool stale);

  void SetStoreUp(bool up);
  void StoreWrote(double seconds);
  void IngestedRows(IngestedAs result, std::int64_t rows);

  void ConfigLoaded(bool ok, Timestamp at);

  // All of it as it is now. Rendered by the first who asks after a change; all others get the same one.
  std::shared_ptr<const Snapshot> Read() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace o2o

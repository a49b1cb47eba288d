// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "orders/order.h"

namespace o2o {

// What became of the rows of a page.
struct IngestResult {
  std::int64_t inserted = 0;  // first seen
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t stale = 0;     // older than the stored row
  std::int64_t rejected = 0;  // newly kept in rejected_orders
};

// Where a source's rows are complete up to.
struct Watermark {
  Timestamp at;  // by the OMS's clock of that time
  // The Date of the OMS's answer that moved it here, if it had one: a later answer with an earlier Date shows
  // that the OMS's clock was set back.
  std::optional<Timestamp> oms_date;
  std::chrono::microseconds age{0};  // how long ago that was, by the store's clock
};

// The progress of a catch-up run that has not ended: all orders that last changed between these times, by the
// OMS's clock, are stored.
struct CatchUpMark {
  Timestamp from;
  Timestamp to;
};

// What one transaction stores besides the page's rows.
struct IngestStep {
  std::string source;     // whose watermark and gap counter
  Timestamp oms_now;      // the OMS's clock; rows dated more than a minute beyond it are of the future
  Timestamp answered_at;  // that clock when the OMS sent the page: earlier if the page is offered again
  std::optional<Timestamp> newest;    // advance the watermark to it, never back; none: leave it
  std::optional<Timestamp> oms_date;  // of the answer, kept with the watermark
  // If the OMS's clock was set back: the watermark when that was noticed. Only from there may it move back.
  std::optional<Timestamp> set_back_from;
  bool gap = false;  // rows between the old watermark and this page are lost to us
};

// One tally as PostgreSQL keeps it: `family` is the metric's name (for histograms with _bucket, _sum), labels
// in the catalogue's order, value as text, so that money stays exact.
struct Tally {
  std::string family;
  std::vector<std::string> labels;
  std::string value;
};

struct OpenOrders {
  std::string order_type;
  std::string status;
  std::int64_t open = 0;
  std::int64_t delayed = 0;
  Timestamp oldest_since;  // when the oldest of them entered the status
};

// The report of a batch job.
struct BatchJob {
  std::optional<Timestamp> last_success;
  std::optional<double> duration_seconds;  // of the last run that ended
  bool failed = false;                     // that run
};

// Everything that a scrape knows from PostgreSQL, read in one snapshot of the database.
struct StoreView {
  std::vector<Tally> tallies;
  std::vector<double> duration_buckets;  // upper bounds, rising, without +Inf
  std::vector<OpenOrders> open_orders;
  std::map<std::string, Timestamp> watermarks;  // by source
  std::map<std::string, std::int64_t> gaps;     // by source
  std::map<std::string, BatchJob> batch_jobs;   // by name
  std::optional<Timestamp> newest_order;        // newest updated_at kept, none in the future of the OMS
};

// Where orders are kept. One thread at a time. Every call is bounded in time, reconnects by itself if the
// connection is lost, and fails with kStore (kCancelled if it was interrupted). A failed call may be
// repeated: storing the same page twice changes nothing.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // Up to where the source's rows are complete; nothing before its first page. Also shows whether the store
  // can be reached.
  [[nodiscard]] virtual Result<std::optional<Watermark>> QueryWatermark(const std::string& source) = 0;

  // Stores a page: rows, history, tallies, rejected rows, watermark; all or nothing.
  [[nodiscard]] virtual Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) = 0;

  // The progress of the source's last catch-up run, if it has not ended.
  [[nodiscard]] virtual Result<std::optional<CatchUpMark>> QueryCatchUpMark(const std::string& source) = 0;
  // No mark: the run has ended.
  [[nodiscard]] virtual Result<void> KeepCatchUpMark(const std::string& source,
                                                     const std::optional<CatchUpMark>& mark) = 0;

  // `oms_now`: the time against which delays are measured.
  [[nodiscard]] virtual Result<StoreView> View(Timestamp oms_now) = 0;
};

}  // namespace o2o

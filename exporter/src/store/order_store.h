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

// What became of a page's rows.
struct IngestResult {
  std::int64_t inserted = 0;  // first seen
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t stale = 0;     // older than what is kept
  std::int64_t rejected = 0;  // newly kept in rejected_orders
};

// Where a source's rows are complete up to.
struct Watermark {
  Timestamp at;  // by the OMS's clock of that time
  // The Date of the OMS's answer that moved it here, where it had one: a later answer with an earlier Date
  // shows that the OMS's clock was set back.
  std::optional<Timestamp> oms_date;
  std::chrono::microseconds age{0};  // how long ago that was, by the store's clock
};

// What a catch-up run that has not ended has taken in: all orders that last changed between these, by the
// OMS's clock.
struct CatchUpMark {
  Timestamp from;
  Timestamp to;
};

// What one transaction takes in besides the page's rows.
struct IngestStep {
  std::string source;     // whose watermark and gap counter
  Timestamp oms_now;      // the OMS's clock; rows dated more than a minute beyond it are of the future
  Timestamp answered_at;  // that clock when the OMS gave the page: earlier where the page is offered again
  std::optional<Timestamp> newest;    // advance the watermark to it, never back; none: leave it
  std::optional<Timestamp> oms_date;  // of the answer, kept with the watermark
  // The watermark as it was when the OMS's clock turned out to have been set back since: from there, and only
  // from there, it goes back.
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

// What a batch job reported of itself.
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

// Where orders are kept. One thread at a time. Every call is bounded in time, reconnects by itself where the
// connection is lost, and fails with kStore (kCancelled where it was interrupted). A call that failed may be
// repeated: taking the same page in twice changes nothing.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // Where the source's rows are complete up to; nothing before its first page. Also what finds out whether
  // the store is there.
  virtual Result<std::optional<Watermark>> QueryWatermark(const std::string& source) = 0;

  // Takes a page in: rows, history, tallies, rejected rows, watermark; all or nothing.
  virtual Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) = 0;

  // Where the source's last catch-up run has got to, if it has not ended.
  virtual Result<std::optional<CatchUpMark>> QueryCatchUpMark(const std::string& source) = 0;
  // Nothing: it has ended.
  virtual Result<void> KeepCatchUpMark(const std::string& source, const std::optional<CatchUpMark>& mark) = 0;

  // `oms_now`: against what delays are measured.
  virtual Result<StoreView> View(Timestamp oms_now) = 0;
};

}  // namespace o2o

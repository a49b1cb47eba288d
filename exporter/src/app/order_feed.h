// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "app/store_health.h"
#include "base/clock.h"
#include "base/duration.h"
#include "orders/order.h"
#include "sources/oms_api.h"
#include "sources/source.h"
#include "store/order_store.h"

namespace o2o {

// How far the OMS's clock is ahead of ours (negative: behind), learned from its answers. Thread-safe.
class ClockOffset {
 public:
  Timestamp Apply(Timestamp ours) const { return ours + offset_.load(); }
  void Learn(Timestamp ours, Timestamp theirs) { offset_.store(theirs - ours); }

 private:
  std::atomic<std::chrono::microseconds> offset_{std::chrono::microseconds{0}};
};

struct OrderFeedOptions {
  std::string source;                  // the name under which watermark and gaps are kept
  Millis overlap{120'000};             // asked for again behind the watermark
  Millis initial_lookback{3'600'000};  // the window where there is no watermark yet
  std::int64_t limit = 1'000;
  std::int64_t max_limit = 100'000;
};

// Where a catch-up run is, for the progress display of `ingest`: about to ask for that window, answered with
// so many rows, or about to store them.
struct AskedPage {
  enum class Phase { kAsking, kAnswered, kStoring };
  OmsWindow window;
  std::size_t rows = 0;
  Phase phase = Phase::kAnswered;
};

// The life of an order, up to the database: decides what to ask the OMS for, judges whether the answer is
// whole, hands it to the store, and publishes the OMS's own counts. Keeps no order; a new one continues where
// the store's watermark stands.
//
// The window reaches from the OMS's now back to watermark - overlap. All of that is in the OMS's clock, which
// is known only from an answer: an answer whose own Date shows that the window was too short is asked for
// again before it counts.
//
// The answer is expected newest first (it is a feed of recent orders): a full page lacks the oldest rows. It
// is asked for again with a larger limit; where the OMS does not give more, polling hurries, and when even
// the oldest row shown is newer than the watermark, rows were missed for good: a gap, counted with the page
// that shows it.
class OrderFeed final : public Source {
 public:
  // All references must outlive the feed. `on_committed` is called after each page that the store took in.
  OrderFeed(OrderFeedOptions options, const std::vector<StatusRule>& statuses, OmsApi& oms, OrderStore& store,
            const Clock& clock, ClockOffset& oms_clock, StoreHealth& health,
            std::function<void()> on_committed);

  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<std::string> RejectReasons() const override;

  // One catch-up run for back-fills: as Poll, but reaching back at least `since`. An error of the store is an
  // error here.
  Result<IngestResult> CatchUp(Millis since, const std::function<void(const AskedPage&)>& progress,
                               std::stop_token stop);

 private:
  // A page and what it can be trusted for.
  struct Fetched {
    OrderPage page;
    Timestamp oms_now;
    bool truncated = false;        // the window holds more rows than the page
    bool window_too_long = false;  // the watermark lies further back than any window we ask for
    std::optional<Error> trouble;  // a larger page was needed and failed: the watermark must wait
  };
  using Since = std::function<Timestamp(Timestamp oms_now)>;

  Result<Fetched> Fetch(const Since& since, std::stop_token stop);
  bool IsTruncated(const OrderPage& page, std::int64_t asked);
  void AdaptLimit(const Fetched& fetched);
  void SettleForKept(Fetched& kept, const Error& error);
  Result<IngestResult> Store(const Fetched& fetched, std::optional<Timestamp> watermark);
  Family RecentGauge(const OrderPage& page) const;

  const OrderFeedOptions options_;
  const std::vector<StatusRule> statuses_;
  OmsApi& oms_;
  OrderStore& store_;
  const Clock& clock_;
  ClockOffset& oms_clock_;
  StoreHealth& health_;
  const std::function<void()> on_committed_;
  std::function<void(const AskedPage&)> progress_;
  std::int64_t limit_;                  // what the next poll asks for; grows with full pages, shrinks again
  int larger_failures_ = 0;             // polls in a row in which the larger page failed
  std::optional<std::size_t> oms_cap_;  // rows beyond which this OMS gave no more, whatever the limit
  bool missing_ = false;  // the last page stored showed a gap: logged when that begins, counted each time
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <set>
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
  std::chrono::microseconds Ahead() const { return offset_.load(); }
  void Learn(Timestamp ours, Timestamp theirs) { offset_.store(theirs - ours); }

 private:
  std::atomic<std::chrono::microseconds> offset_{std::chrono::microseconds{0}};
};

// The OMS's clock at an answer.
struct OmsTime {
  Timestamp now;
  std::chrono::microseconds ahead{0};  // of ours; negative: behind
};

struct OrderFeedOptions {
  std::string source;                  // the name under which watermark and gaps are kept
  Millis timeout{10'000};              // of all requests of one poll; of a catch-up, of each request
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

// What a catch-up run achieved.
struct CaughtUp {
  IngestResult taken;
  std::optional<Error> missing;  // kTruncated: the OMS did not show everything
};

// The life of an order, up to the database: decides what to ask the OMS for, judges whether the answer is
// whole, hands it to the store, and publishes the OMS's own counts. Keeps no order; a new one continues where
// the store's watermark stands.
//
// The window reaches from the OMS's now back to watermark - overlap. All of that is in the OMS's clock, which
// is known only from an answer: an answer whose own Date shows that the window was too short is asked for
// again before it counts. Where that clock was set back since the watermark was set, what came since may be
// dated before it: the window reaches back by as much more, and the watermark follows the clock.
//
// The answer is expected newest first (it is a feed of recent orders): a full page lacks the oldest rows. It
// is asked for again with a larger limit. Where that fails, the small page is taken in and the watermark
// waits for the larger one, for half an hour. Where the OMS does not give more, polling hurries, and when
// even the oldest row shown is newer than the watermark, rows were missed for good: a gap, counted with the
// page that shows it.
//
// A page that the store refused is offered to it again when the next poll gets no answer of the OMS: only
// that tells whether the store takes in again what it refused, and nothing newer is there to be offered.
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
  Result<CaughtUp> CatchUp(Millis since, const std::function<void(const AskedPage&)>& progress,
                           std::stop_token stop);

 private:
  // A page and what it can be trusted for.
  struct Fetched {
    OrderPage page;
    std::int64_t limit = 0;  // asked for
    OmsTime oms;
    bool truncated = false;        // the window holds more rows than the page
    bool window_too_long = false;  // the watermark lies further back than any window we ask for
    bool watermark_waits = false;  // for a larger page, which was needed and failed
    std::optional<Error> trouble;  // of a larger page
  };
  // A page on its way into the store.
  struct Offer {
    Fetched fetched;
    std::optional<Watermark> watermark;  // where it stood when the page was asked for
    IngestStep step;
  };
  using Since = std::function<Timestamp(const OmsTime& oms)>;

  // Within the deadline, if there is one.
  Result<Fetched> Fetch(const Since& since, std::optional<MonotonicTime> deadline, std::stop_token stop);
  Result<OrderPage> Ask(const OmsWindow& window, std::optional<MonotonicTime> deadline, std::stop_token stop);
  bool CountsTellNothing() const;
  std::size_t RowsTold(const OrderPage& page) const;
  bool IsTruncated(const OrderPage& page, std::int64_t asked);
  void AdaptLimit(const Fetched& fetched);
  void TakeAsCap(const Fetched& smaller, const Fetched& larger);
  void SettleForKept(Fetched& kept, const Error& error);
  IngestStep StepFor(const Fetched& fetched, const std::optional<Watermark>& watermark) const;
  Result<IngestResult> Store(Fetched fetched, const std::optional<Watermark>& watermark);
  void OfferRefused();
  Result<IngestResult> TakeIn(const Offer& offer);
  void LogGap(const IngestStep& step, const std::optional<Watermark>& watermark, const Fetched& fetched);
  void LogRejected(const OrderPage& page);
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
  std::int64_t limit_;  // what the next poll asks for; grows with full pages, shrinks again
  std::optional<MonotonicTime> larger_failing_since_;
  std::optional<std::size_t> oms_cap_;  // rows beyond which this OMS gave no more, whatever the limit
  std::set<std::size_t>
      short_caps_;        // caps below a limit that was asked for, which only the counts spoke for
  bool missing_ = false;  // the last page stored showed a gap: logged when that begins, counted each time
  std::set<RejectReason> rejected_;  // reasons in the last page: logged when one comes up
  std::optional<Offer> refused_;     // the last page, where the store did not take it in
};

}  // namespace o2o

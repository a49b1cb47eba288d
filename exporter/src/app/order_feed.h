// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "app/clock_offset.h"
#include "app/order_words.h"
#include "app/page_asker.h"
#include "app/store_health.h"
#include "base/clock.h"
#include "base/duration.h"
#include "config/config.h"
#include "orders/order.h"
#include "sources/oms/api.h"
#include "sources/oms/config.h"
#include "sources/source.h"
#include "store/order_store.h"

namespace o2o {

struct OrderFeedOptions {
  PageAskerOptions pages;              // its source is the name under which watermark and gaps are kept
  Millis overlap{120'000};             // asked for again behind the watermark
  Millis initial_lookback{3'600'000};  // the window while there is no watermark yet
};

OrderFeedOptions ToFeedOptions(const SourceConfig& source, const OmsSourceConfig& oms);

// A window that was taken in.
struct WindowTaken {
  IngestResult rows;
  Timestamp from;  // of the window, by the OMS's clock
  Timestamp to;
  std::size_t shown = 0;         // rows, also of what was taken in before
  std::optional<Error> missing;  // kTruncated: the OMS did not show everything
};

// What a catch-up run asks for at once.
struct OrderWindow {
  PageAsker::Since since;
  std::optional<Timestamp> to;        // nothing: up to the OMS's now
  std::optional<WindowTaken> before;  // inside of this one; what it showed is not taken in again
  bool last = true;                   // the next one would reach no further back
};

// The life of an order, up to the database: says from when on orders are wanted, judges whether the answer
// is whole, hands it to the store, and publishes the OMS's own counts. Keeps no order; a new one continues
// where the store's watermark stands.
//
// The window reaches from the OMS's now back to watermark - overlap. Where the OMS's clock was set back since
// the watermark was set, what came since may be dated before it: the window reaches back by as much more, and
// the watermark follows the clock. Only the OMS's own Date, earlier than the one that came with the
// watermark, is evidence of that: our clock may step, and replicas' clocks differ.
//
// Where not all was shown and even the oldest row is newer than the watermark (or there is none yet), rows
// were missed for good: a gap, counted with the page that shows it.
//
// A page that the store refused is offered to it again when the next poll gets no answer of the OMS: only
// that shows whether the store takes in again what it refused, and nothing newer is there to be offered.
class OrderFeed final : public Source {
 public:
  // All references must outlive the feed. `on_committed` is called after each page that the store took in.
  OrderFeed(OrderFeedOptions options, const OrdersConfig& orders, OmsApi& oms, OrderStore& store,
            const Clock& clock, ClockOffset& oms_clock, StoreHealth& health,
            std::function<void()> on_committed);

  Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<ErrorCode> FailureReasons() const override;
  std::vector<std::string> RejectReasons() const override;

  // Takes a window of a catch-up run in. The watermark moves where the window reaches up to now and nothing
  // further back will be asked for: it is the last one, or the OMS did not show all of it. An error of the
  // store is an error here. `progress` may be empty.
  Result<WindowTaken> TakeWindow(const OrderWindow& window, const AskingProgress& progress,
                                 std::stop_token stop);

  // From when on a window has to reach for the watermark to move past nothing.
  Result<PageAsker::Since> NeededSince();
  Timestamp OmsNow() const { return oms_clock_.Apply(clock_.Now()); }
  const std::string& source() const { return source_; }

 private:
  // A page on its way into the store.
  struct Offer {
    FetchedPage fetched;
    std::optional<Watermark> watermark;  // where it stood when the page was asked for
    IngestStep step;
  };

  IngestStep StepFor(const FetchedPage& fetched, const std::optional<Watermark>& watermark) const;
  Result<IngestResult> Store(FetchedPage fetched, const std::optional<Watermark>& watermark);
  void OfferRefused();
  Result<IngestResult> TakeIn(const Offer& offer);
  void LogGap(const Offer& offer);
  Family RecentGauge(const OrderPage& page);

  const OrderFeedOptions options_;
  const std::string& source_;
  const std::vector<StatusRule> statuses_;
  OrderWords words_;
  PageAsker asker_;
  OrderStore& store_;
  const Clock& clock_;
  const ClockOffset& oms_clock_;
  StoreHealth& health_;
  const std::function<void()> on_committed_;
  bool missing_ = false;  // the last page stored showed a gap: logged when that begins, counted each time
  std::set<std::string> told_apart_;  // statuses that are not configured and have a series of their own
  std::optional<Offer> refused_;      // the last page, where the store did not take it in
};

}  // namespace o2o

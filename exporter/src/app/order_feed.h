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
  PageAskerOptions pages;              // pages.source names watermark and gaps
  Millis overlap{120'000};             // requested again before the watermark
  Millis initial_lookback{3'600'000};  // the window before the first watermark
};

OrderFeedOptions ToFeedOptions(const SourceConfig& source, const OmsSourceConfig& oms);

// A window whose orders are stored.
struct IngestedWindow {
  IngestResult rows;
  Timestamp from;  // of the window, by the OMS's clock
  Timestamp to;
  std::size_t shown = 0;         // rows, including those stored before
  std::optional<Error> missing;  // kTruncated: the OMS did not show everything
};

// One request of a catch-up run.
struct OrderWindow {
  PageAsker::Since since;
  std::optional<Timestamp> to;           // none: up to the OMS's now
  std::optional<IngestedWindow> before;  // inside this one; its rows are not stored again
  bool last = true;                      // no window further back will follow
};

// An order's way into the database: decides since when orders are requested, judges whether the answer is
// complete, hands it to the store, and publishes the OMS's own counts. Keeps no orders; a new feed continues
// from the store's watermark.
//
// The window reaches from the OMS's now back to watermark - overlap. If the OMS's clock was set back after
// the watermark was set, newer rows may be dated before it: the window is extended by as much, and the
// watermark follows the clock. Only an OMS Date earlier than the one kept with the watermark is evidence of
// that: our clock may step, and replicas' clocks differ.
//
// If the answer is truncated and even its oldest row is newer than the watermark (or there is none yet), rows
// were missed for good: a gap, counted with the page that shows it.
//
// A page that the store refused is offered again when the next poll gets no answer from the OMS: nothing
// newer can be offered then, and only an offer shows whether the store accepts pages again.
class OrderFeed final : public Source {
 public:
  // All references must outlive the feed. `on_committed` is called after each stored page.
  OrderFeed(OrderFeedOptions options, const OrdersConfig& orders, OmsApi& oms, OrderStore& store,
            const Clock& clock, ClockOffset& oms_clock, StoreHealth& health,
            std::function<void()> on_committed);

  [[nodiscard]] Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<ErrorCode> FailureReasons() const override;
  std::vector<std::string> RejectReasons() const override;

  // Stores a window of a catch-up run. The watermark moves if the window reaches up to now and none further
  // back will follow: it is the last one, or the OMS did not show all of it. A failure of the store is an
  // error here. `progress` may be empty.
  [[nodiscard]] Result<IngestedWindow> IngestWindow(const OrderWindow& window, const AskingProgress& progress,
                                                    std::stop_token stop);

  // How far back a window has to reach so that the watermark skips nothing.
  [[nodiscard]] Result<PageAsker::Since> NeededSince();
  Timestamp OmsNow() const { return oms_clock_.Apply(clock_.Now()); }
  const std::string& source() const { return source_; }

 private:
  // A page on its way into the store.
  struct Offer {
    FetchedPage fetched;
    std::optional<Watermark> watermark;  // when the page was requested
    IngestStep step;
  };

  IngestStep StepFor(const FetchedPage& fetched, const std::optional<Watermark>& watermark) const;
  [[nodiscard]] Result<IngestResult> Store(FetchedPage fetched, const std::optional<Watermark>& watermark);
  void OfferRefused();
  [[nodiscard]] Result<IngestResult> Ingest(const Offer& offer);
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
  bool missing_ = false;  // the last stored page showed a gap: logged when gaps begin, counted each time
  std::set<std::string> told_apart_;  // unconfigured statuses with a series of their own
  std::optional<Offer> refused_;      // the last page, if the store refused it
};

}  // namespace o2o

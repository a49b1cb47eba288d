// SPDX-License-Identifier: Apache-2.0
#include "app/order_feed.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/time_text.h"
#include "metrics/catalogue.h"
#include "orders/order_limits.h"

namespace o2o {
namespace {

// The advice in a gap's log line. While pages are full, polling already speeds up, see Rhythm.
constexpr std::string_view kGapHelp =
    "let the OMS show more rows at once, up to max_limit; where it cannot, set an interval below 1s: full "
    "pages "
    "shorten a longer one to 1s and no further";

// The newest and the oldest updated_at of a page's rows that are not dated in the OMS's future.
struct TimeRange {
  std::optional<Timestamp> oldest;
  std::optional<Timestamp> newest;
};

TimeRange PresentRange(const OrderPage& page, Timestamp oms_now) {
  TimeRange range;
  for (const Order& order : page.orders) {
    if (order.updated_at > oms_now + kFutureTolerance) continue;
    if (!range.oldest || order.updated_at < *range.oldest) range.oldest = order.updated_at;
    if (!range.newest || order.updated_at > *range.newest) range.newest = order.updated_at;
  }
  return range;
}

// Whether the OMS's clock is earlier than when the watermark was set, by more than its machines differ.
bool WasSetBack(const Watermark& watermark, Timestamp oms_now) {
  return watermark.oms_date && oms_now + kFutureTolerance < *watermark.oms_date;
}

// The watermark on the OMS's current clock, if that is earlier: as long ago as it was set.
Timestamp ByPresentClock(const Watermark& watermark, Timestamp oms_now) {
  if (!watermark.oms_date) return watermark.at;
  return std::min(watermark.at, oms_now - watermark.age - (*watermark.oms_date - watermark.at));
}

// Up to when rows are known. The age is by the database's clock, which may step too: widening the window by
// it costs little, but only the OMS's own Date may decide that there is a gap.
Timestamp KnownUpTo(const Watermark& watermark, Timestamp oms_now) {
  return WasSetBack(watermark, oms_now) ? ByPresentClock(watermark, oms_now) : watermark.at;
}

void LeaveWatermark(IngestStep& step) {
  step.newest.reset();
  step.set_back_from.reset();
  step.gap = false;
}

std::vector<std::pair<std::string, std::uint64_t>> RejectedByReason(const OrderPage& page) {
  std::map<std::string, std::uint64_t> counts;
  for (const RejectedRow& row : page.rejected) ++counts[std::string(Name(row.reason))];
  for (const auto& [reason, rows] : page.rejected_more) counts[std::string(Name(reason))] += rows;
  return {counts.begin(), counts.end()};
}

}  // namespace

OrderFeedOptions ToFeedOptions(const SourceConfig& source, const OmsSourceConfig& oms) {
  return {{source.name, source.timeout, oms.limit, oms.max_limit}, oms.overlap, oms.initial_lookback};
}

OrderFeed::OrderFeed(OrderFeedOptions options, const OrdersConfig& orders, OmsApi& oms, OrderStore& store,
                     const Clock& clock, ClockOffset& oms_clock, StoreHealth& health,
                     std::function<void()> on_committed)
    : options_(std::move(options)),
      source_(options_.pages.source),
      statuses_(orders.statuses),
      words_(source_, orders),
      asker_(options_.pages, oms, clock, oms_clock),
      store_(store),
      clock_(clock),
      oms_clock_(oms_clock),
      health_(health),
      on_committed_(std::move(on_committed)) {}

std::vector<ErrorCode> OrderFeed::FailureReasons() const {
  return UpstreamFailures({ErrorCode::kRefused, ErrorCode::kStore});
}

std::vector<std::string> OrderFeed::RejectReasons() const {
  std::vector<std::string> names;
  for (const RejectReason reason : AllRejectReasons()) names.emplace_back(Name(reason));
  return names;
}

Result<PollResult> OrderFeed::Poll(std::stop_token stop) {
  const auto watermark = store_.QueryWatermark(source_);
  health_.Report(StoreHealth::Side::kWatermark, watermark ? nullptr : &watermark.error());
  // The deadline starts here: a hanging database must not use up the OMS's time, whose gauges need no store.
  const MonotonicTime deadline = clock_.Monotonic() + options_.pages.timeout;

  // Without a store a long window would be fetched at each poll only to be discarded: request what the gauges
  // need.
  const auto since = [&](Timestamp oms_now) {
    if (!watermark) return oms_now - options_.overlap;
    if (!*watermark) return oms_now - options_.initial_lookback;
    return std::min(ByPresentClock(**watermark, oms_now), oms_now) - options_.overlap;
  };
  auto fetched = asker_.Get(since, deadline, {}, stop);
  if (!fetched) {
    if (watermark && !stop.stop_requested()) OfferRefused();
    return tl::unexpected(fetched.error());
  }
  words_.Spell(fetched->page);

  PollResult result;
  result.rows = fetched->page.rows;
  result.response_bytes = fetched->page.body_bytes;
  result.rejected_rows = RejectedByReason(fetched->page);
  for (const RejectedRow& row : fetched->page.rejected)
    result.first_rejected.try_emplace(std::string(Name(row.reason)), row.detail);
  result.hurry = fetched->truncated;
  if (!fetched->page.counts_trouble) result.families.push_back(RecentGauge(fetched->page));
  result.trouble = fetched->trouble ? fetched->trouble : fetched->page.counts_trouble;
  if (!watermark) {
    result.trouble = watermark.error();
    return result;
  }
  const auto stored = Store(*std::move(fetched), *watermark);
  if (!stored) result.trouble = stored.error();
  return result;
}

Result<PageAsker::Since> OrderFeed::NeededSince() {
  const auto watermark = store_.QueryWatermark(source_);
  if (!watermark) return tl::unexpected(watermark.error());
  return [kept = *watermark, overlap = options_.overlap](Timestamp oms_now) {
    return kept ? ByPresentClock(*kept, oms_now) - overlap : oms_now;
  };
}

Result<IngestedWindow> OrderFeed::IngestWindow(const OrderWindow& window, const AskingProgress& progress,
                                               std::stop_token stop) {
  auto fetched = asker_.Get(window.since, std::nullopt, progress, std::move(stop));
  if (!fetched) return tl::unexpected(fetched.error());
  words_.Spell(fetched->page);

  IngestedWindow ingested;
  ingested.from = window.since(fetched->oms_now);
  ingested.to = std::min(window.to.value_or(fetched->oms_now), fetched->oms_now);
  ingested.shown = fetched->page.rows;
  if (fetched->truncated) {
    std::string message = "the OMS showed only the newest " + std::to_string(ingested.shown) +
                          " rows of the window, which are stored; older ones are missing";
    if (fetched->trouble) message += " (asked for more: " + fetched->trouble->message + ")";
    ingested.missing = Error{ErrorCode::kTruncated, std::move(message)};
  }

  Offer offer{*std::move(fetched), std::nullopt, {}};
  const auto watermark = store_.QueryWatermark(source_);
  if (!watermark) return tl::unexpected(watermark.error());
  offer.watermark = *watermark;
  offer.step = StepFor(offer.fetched, offer.watermark);
  if (window.to || !(window.last || ingested.missing)) LeaveWatermark(offer.step);
  std::erase_if(offer.fetched.page.orders, [&](const Order& order) {
    const Timestamp at = order.updated_at;
    if (window.to && at > *window.to) return true;
    return window.before && at > window.before->from && at <= window.before->to - options_.overlap;
  });
  if (progress) progress({{}, offer.fetched.page.orders.size(), AskedPage::Phase::kStoring});
  const auto stored = Ingest(offer);
  if (!stored) return tl::unexpected(stored.error());
  ingested.rows = *stored;
  return ingested;
}

IngestStep OrderFeed::StepFor(const FetchedPage& fetched, const std::optional<Watermark>& watermark) const {
  const TimeRange range = PresentRange(fetched.page, fetched.oms_now);
  IngestStep step;
  step.source = source_;
  step.oms_now = step.answered_at = fetched.oms_now;
  if (fetched.larger_awaited) return step;  // the watermark waits for the larger page
  step.newest = range.newest;
  step.oms_date = fetched.page.oms_now;
  if (watermark && WasSetBack(*watermark, fetched.oms_now)) step.set_back_from = watermark->at;

  // Before the first watermark nothing proves that a truncated page reaches far enough. A page full of rows
  // of the future shows nothing of the present.
  if (!watermark || !range.newest) {
    step.gap = fetched.truncated;
    return step;
  }
  // Rows as old as the watermark may have arrived after it was set; only an older row proves that nothing is
  // missing in between. A page that moves the watermark closes the gap that it shows: offered again, it shows
  // the same gap.
  const Timestamp known = KnownUpTo(*watermark, fetched.oms_now);
  const bool out_of_sight = fetched.truncated && *range.oldest >= known;
  const bool out_of_reach = known < fetched.oms_now - kLongestWindow;
  step.gap = *range.newest > known && (out_of_sight || out_of_reach);
  return step;
}

Result<IngestResult> OrderFeed::Store(FetchedPage fetched, const std::optional<Watermark>& watermark) {
  Offer offer{std::move(fetched), watermark, {}};
  offer.step = StepFor(offer.fetched, watermark);
  auto stored = Ingest(offer);
  if (stored) {
    refused_.reset();
  } else {
    refused_ = std::move(offer);
  }
  return stored;
}

// With the OMS's current time, so that rows stored by others in the meantime do not count as of the future.
void OrderFeed::OfferRefused() {
  if (!refused_) return;
  refused_->step.oms_now = OmsNow();
  if (Ingest(*refused_)) refused_.reset();
}

Result<IngestResult> OrderFeed::Ingest(const Offer& offer) {
  const MonotonicTime start = clock_.Monotonic();
  auto stored = store_.Ingest(offer.fetched.page, offer.step);
  health_.Report(StoreHealth::Side::kWrite, stored ? nullptr : &stored.error());
  if (!stored) return stored;
  ExporterMetrics& metrics = health_.metrics();
  metrics.StoreWrote(std::chrono::duration<double>(clock_.Monotonic() - start).count());
  metrics.IngestedRows(IngestedAs::kInserted, stored->inserted);
  metrics.IngestedRows(IngestedAs::kUpdated, stored->updated);
  metrics.IngestedRows(IngestedAs::kUnchanged, stored->unchanged);
  metrics.IngestedRows(IngestedAs::kStale, stored->stale);
  metrics.IngestedRows(IngestedAs::kRejected, stored->rejected);
  const IngestStep& step = offer.step;
  if (step.set_back_from && step.newest && *step.newest < *step.set_back_from) {
    log::Warn(
        "the OMS's clock was set back: the watermark follows it",
        {{"source", source_}, {"from", FormatTime(*step.set_back_from)}, {"to", FormatTime(*step.newest)}});
  }
  LogGap(offer);
  if (on_committed_) on_committed_();
  return stored;
}

void OrderFeed::LogGap(const Offer& offer) {
  if (offer.step.gap && !missing_) {
    const TimeRange range = PresentRange(offer.fetched.page, offer.fetched.oms_now);
    log::Error(offer.watermark ? "orders were missed: the OMS did not show everything since the watermark"
                               : "orders were missed: the OMS did not show the whole initial window",
               {{"source", source_},
                {"watermark", offer.watermark ? FormatTime(offer.watermark->at) : "none"},
                {"oldest_shown", range.oldest ? FormatTime(*range.oldest) : "none"},
                {"rows", std::to_string(offer.fetched.page.rows)},
                {"limit", std::to_string(offer.fetched.limit)},
                {"help", std::string(kGapHelp)}});
  }
  missing_ = offer.step.gap;
}

Family OrderFeed::RecentGauge(const OrderPage& page) {
  std::map<std::string, std::int64_t> counts;
  for (const StatusRule& rule : statuses_) counts[rule.status] = 0;
  for (const auto& [status, count] : page.status_counts) {
    const bool known = counts.contains(status) || told_apart_.contains(status);
    if (!known && told_apart_.size() < kMostToldApart) told_apart_.insert(status);
    counts[known || told_apart_.contains(status) ? status : "other"] += count;
  }
  Family family{catalogue::kOrdersRecent, {}, {}, {}};
  for (const auto& [status, count] : counts) family.samples.push_back({{status}, FormatValue(count)});
  return family;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/order_feed.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "metrics/catalogue.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A Date header has whole seconds, and clocks inside one OMS differ a little: a row this far beyond its now
// is still present. Smaller than the smallest overlap that the configuration allows, so a watermark carried
// by such a row is still covered.
constexpr seconds kClockTolerance{60};
// A request arrives later than it was thought up.
constexpr seconds kArrivalMargin{2};
constexpr std::int64_t kMaxMinutes = 366LL * 24 * 60;
// Requests per poll: one, one more for the clock, and enough limits (each four times the last) from 1 to
// max_limit.
constexpr int kMaxAsks = 14;
constexpr std::int64_t kLimitGrowth = 4;
// Counts beyond this are nonsense; keeps their sum from overflowing.
constexpr std::int64_t kMaxRowsTold = 1'000'000'000;
// For so long a larger page may fail by chance (a timeout, a cut, 503) before that counts as the OMS's limit:
// longer than an OMS needs to get on its feet after an outage of its own.
constexpr minutes kPatience{30};
// A cap stands still; what the counts alone made look like one, and took more values than these, is none.
constexpr std::size_t kMostCaps = 3;

std::int64_t MinutesBack(Timestamp from, Timestamp to) {
  const auto span = std::chrono::ceil<minutes>(from - to).count();
  return std::clamp<std::int64_t>(span, 1, kMaxMinutes);
}

// The newest and the oldest updated_at of a page's rows that are not dated in the OMS's future.
struct TimeRange {
  std::optional<Timestamp> oldest;
  std::optional<Timestamp> newest;
};

TimeRange PresentRange(const OrderPage& page, Timestamp oms_now) {
  TimeRange range;
  for (const Order& order : page.orders) {
    if (order.updated_at > oms_now + kClockTolerance) continue;
    if (!range.oldest || order.updated_at < *range.oldest) range.oldest = order.updated_at;
    if (!range.newest || order.updated_at > *range.newest) range.newest = order.updated_at;
  }
  return range;
}

// By how much the OMS's clock was set back since the watermark was set; 0 for the little that clocks differ
// by.
microseconds SetBack(const Watermark& watermark, const OmsTime& oms) {
  const microseconds by = watermark.oms_ahead - oms.ahead;
  return by > kClockTolerance ? by : microseconds{0};
}

// The watermark by the OMS's clock as it goes now.
Timestamp InPresentClock(const Watermark& watermark, const OmsTime& oms) {
  return watermark.at - SetBack(watermark, oms);
}

std::vector<std::pair<std::string, std::uint64_t>> RejectedByReason(const OrderPage& page) {
  std::map<std::string, std::uint64_t> counts;
  for (const RejectedRow& row : page.rejected) ++counts[std::string(Name(row.reason))];
  for (const auto& [reason, rows] : page.rejected_more) counts[std::string(Name(reason))] += rows;
  return {counts.begin(), counts.end()};
}

}  // namespace

OrderFeed::OrderFeed(OrderFeedOptions options, const std::vector<StatusRule>& statuses, OmsApi& oms,
                     OrderStore& store, const Clock& clock, ClockOffset& oms_clock, StoreHealth& health,
                     std::function<void()> on_committed)
    : options_(std::move(options)),
      statuses_(statuses),
      oms_(oms),
      store_(store),
      clock_(clock),
      oms_clock_(oms_clock),
      health_(health),
      on_committed_(std::move(on_committed)),
      limit_(options_.limit) {}

std::vector<std::string> OrderFeed::RejectReasons() const {
  std::vector<std::string> names;
  for (const RejectReason reason : kRejectReasons) names.emplace_back(Name(reason));
  return names;
}

Result<PollResult> OrderFeed::Poll(std::stop_token stop) {
  const auto watermark = store_.QueryWatermark(options_.source);
  health_.Report(StoreHealth::Side::kWatermark, watermark ? nullptr : &watermark.error());
  // From here on: a database that hangs must not take the OMS's time, whose gauges go on without it.
  const MonotonicTime deadline = clock_.Monotonic() + options_.timeout;

  // Without a store a long window would be fetched again and again only to be thrown away: ask for what the
  // gauges need.
  const auto since = [&](const OmsTime& oms) {
    if (!watermark) return oms.now - options_.overlap;
    if (!*watermark) return oms.now - options_.initial_lookback;
    return std::min(InPresentClock(**watermark, oms), oms.now) - options_.overlap;
  };
  auto fetched = Fetch(since, deadline, stop);
  if (!fetched) {
    if (watermark && !stop.stop_requested()) OfferRefused();
    return tl::unexpected(fetched.error());
  }

  PollResult result;
  result.rows = fetched->page.rows;
  result.response_bytes = fetched->page.body_bytes;
  result.rejected_rows = RejectedByReason(fetched->page);
  LogRejected(fetched->page);
  result.hurry = fetched->truncated;
  result.families.push_back(RecentGauge(fetched->page));
  result.trouble = fetched->trouble;
  if (!watermark) {
    result.trouble = watermark.error();
    return result;
  }
  const auto stored = Store(*std::move(fetched), *watermark);
  if (!stored) result.trouble = stored.error();
  return result;
}

Result<CaughtUp> OrderFeed::CatchUp(Millis since, const std::function<void(const AskedPage&)>& progress,
                                    std::stop_token stop) {
  const auto watermark = store_.QueryWatermark(options_.source);
  if (!watermark) return tl::unexpected(watermark.error());
  progress_ = progress;
  auto fetched = Fetch(
      [&](const OmsTime& oms) {
        const Timestamp asked = oms.now - since;
        return *watermark ? std::min(asked, InPresentClock(**watermark, oms) - options_.overlap) : asked;
      },
      std::nullopt, stop);
  progress_ = nullptr;
  if (!fetched) return tl::unexpected(fetched.error());
  const std::size_t rows = fetched->page.rows;
  const bool truncated = fetched->truncated;
  const std::optional<Error> trouble = fetched->trouble;
  if (progress) progress({{}, rows, AskedPage::Phase::kStoring});
  const auto stored = Store(*std::move(fetched), *watermark);
  if (!stored) return tl::unexpected(stored.error());
  CaughtUp result{*stored, std::nullopt};
  if (truncated) {
    std::string message = "the OMS showed only the newest " + std::to_string(rows) +
                          " rows of the window, which are taken in; older ones are missing";
    if (trouble) message += " (asked for more: " + trouble->message + ")";
    result.missing = Error{ErrorCode::kTruncated, std::move(message)};
  }
  return result;
}

Result<OrderFeed::Fetched> OrderFeed::Fetch(const Since& since, std::optional<MonotonicTime> deadline,
                                            std::stop_token stop) {
  const OmsTime guess{oms_clock_.Apply(clock_.Now()) + kArrivalMargin, oms_clock_.Ahead()};
  OmsWindow window{MinutesBack(guess.now, since(guess)), limit_};
  std::optional<Fetched> kept;  // a good but too small page, in case the larger one fails
  for (int asks = 0; asks < kMaxAsks; ++asks) {
    if (progress_) progress_({window, 0, AskedPage::Phase::kAsking});
    auto page = Ask(window, deadline, stop);
    if (!page) {
      // A page that only came too late may come within the whole time of the next poll.
      const bool late = kept && page.error().code == ErrorCode::kTimeout;
      limit_ = late ? window.limit : options_.limit;
      if (!kept || page.error().code == ErrorCode::kCancelled) return tl::unexpected(page.error());
      SettleForKept(*kept, page.error());
      return std::move(*kept);
    }
    if (window.limit > options_.limit) larger_failing_since_.reset();
    if (progress_) progress_({window, page->rows});

    Fetched fetched;
    const Timestamp ours = clock_.Now();
    fetched.oms.now = page->oms_now.value_or(ours);
    fetched.oms.ahead = fetched.oms.now - ours;
    oms_clock_.Learn(ours, fetched.oms.now);
    const std::int64_t needed = MinutesBack(fetched.oms.now, since(fetched.oms));
    if (needed > window.minutes) {
      window.minutes = needed + 1;  // its clock was not what we thought
      continue;
    }

    fetched.limit = window.limit;
    fetched.window_too_long = needed == kMaxMinutes;
    fetched.page = std::move(*page);
    const std::size_t told = RowsTold(fetched.page);
    const bool all_shown = told > 0 && told <= fetched.page.rows;
    if (kept && kept->page.rows == fetched.page.rows && !all_shown) TakeAsCap(*kept, fetched);
    fetched.truncated = IsTruncated(fetched.page, window.limit);
    if (!fetched.truncated || oms_cap_ || window.limit >= options_.max_limit) {
      AdaptLimit(fetched);
      return fetched;
    }
    window.limit = std::min(options_.max_limit, window.limit * kLimitGrowth);
    limit_ = window.limit;
    kept = std::move(fetched);
  }
  return Fail(ErrorCode::kInternal, "the OMS's clock or page size changes with every answer");
}

Result<OrderPage> OrderFeed::Ask(const OmsWindow& window, std::optional<MonotonicTime> deadline,
                                 std::stop_token stop) {
  Millis left = options_.timeout;
  if (deadline) left = std::chrono::duration_cast<Millis>(*deadline - clock_.Monotonic());
  if (left <= Millis{0}) {
    return Fail(ErrorCode::kTimeout, "the poll's timeout of " + FormatDuration(options_.timeout) +
                                         " was over before " + std::to_string(window.limit) +
                                         " rows could be asked for");
  }
  return oms_.Recent(window, left, std::move(stop));
}

bool OrderFeed::CountsTellNothing() const { return short_caps_.size() > kMostCaps; }

// How many rows the window holds by what the answer says of itself; 0 where it says nothing that counts.
std::size_t OrderFeed::RowsTold(const OrderPage& page) const {
  if (CountsTellNothing()) return 0;
  std::int64_t counted = 0;
  for (const auto& [status, count] : page.status_counts)
    counted += std::clamp<std::int64_t>(count, 0, kMaxRowsTold);
  return static_cast<std::size_t>(std::max({counted, page.total.value_or(0), std::int64_t{0}}));
}

// An empty page is whole: a cap that shows nothing is no feed.
bool OrderFeed::IsTruncated(const OrderPage& page, std::int64_t asked) {
  if (oms_cap_ && page.rows > *oms_cap_) oms_cap_.reset();  // it gives more now
  return page.rows > 0 && (page.rows >= static_cast<std::size_t>(asked) || RowsTold(page) > page.rows ||
                           (oms_cap_ && page.rows == *oms_cap_));
}

void OrderFeed::AdaptLimit(const Fetched& fetched) {
  if (fetched.truncated) return;
  oms_cap_.reset();  // a page that is not full proves no cap; a real one is found again when it matters
  if (static_cast<std::int64_t>(fetched.page.rows) * kLimitGrowth < limit_) {
    limit_ = std::max(options_.limit, limit_ / 2);
  }
}

// Two limits brought as many rows. A full page shows the OMS's cap thereby. Of one that was not full only the
// counts say that there is more: believed until they have made a cap of too many numbers.
void OrderFeed::TakeAsCap(const Fetched& smaller, const Fetched& larger) {
  const std::size_t rows = larger.page.rows;
  const bool is_full = static_cast<std::int64_t>(rows) >= smaller.limit;
  if (!is_full && short_caps_.insert(rows).second && CountsTellNothing()) {
    log::Warn("the OMS's counts hold more than it ever shows: they no longer tell whether a page is whole",
              {{"source", options_.source}, {"rows", std::to_string(rows)}});
  }
  if (!is_full && CountsTellNothing()) {
    oms_cap_.reset();
    return;
  }
  oms_cap_ = rows;
  log::Warn("the OMS gives no more rows than this, whatever the limit: polling faster while pages are full",
            {{"source", options_.source}, {"rows", std::to_string(rows)}});
}

void OrderFeed::SettleForKept(Fetched& kept, const Error& error) {
  kept.trouble = error;
  const MonotonicTime now = clock_.Monotonic();
  if (!larger_failing_since_) larger_failing_since_ = now;
  const bool refused = error.code == ErrorCode::kRefused || error.code == ErrorCode::kTooLarge;
  kept.watermark_waits = !refused && now - *larger_failing_since_ < kPatience;
  const std::string rows = std::to_string(kept.page.rows);
  if (kept.watermark_waits) {
    kept.trouble->message += " (of a larger page; only the newest " + rows + " rows are taken in so far)";
    return;
  }
  oms_cap_ = kept.page.rows;
  larger_failing_since_.reset();
  kept.trouble->message += " (of a larger page; the OMS gives no more than " + rows +
                           " rows, so polls come faster while pages are full)";
}

IngestStep OrderFeed::StepFor(const Fetched& fetched, const std::optional<Watermark>& watermark) const {
  const OmsTime& oms = fetched.oms;
  const TimeRange range = PresentRange(fetched.page, oms.now);
  IngestStep step;
  step.source = options_.source;
  step.oms_now = oms.now;
  if (!fetched.watermark_waits) {
    if (range.newest) step.watermark = Watermark{*range.newest, oms.ahead};
    step.clock_set_back = watermark && SetBack(*watermark, oms) > microseconds{0};
    // Rows as old as the watermark itself may have come after it was set; only an older one proves that
    // nothing is missing between. A page that moves the watermark closes the gap it shows: shown again, it is
    // the same gap. Where the future fills a cut page, nothing of the present is seen, and that goes on until
    // it no longer does.
    const std::optional<Timestamp> known =
        watermark ? std::optional(InPresentClock(*watermark, oms)) : std::nullopt;
    const bool moves = known && range.newest && *range.newest > *known;
    const bool out_of_sight = fetched.truncated && range.oldest && known && *range.oldest >= *known;
    const bool hidden = fetched.truncated && !range.oldest && known;
    step.gap = hidden || (moves && (out_of_sight || fetched.window_too_long));
  }
  return step;
}

Result<IngestResult> OrderFeed::Store(Fetched fetched, const std::optional<Watermark>& watermark) {
  Offer offer{std::move(fetched), watermark, {}};
  offer.step = StepFor(offer.fetched, watermark);
  auto stored = TakeIn(offer);
  if (stored) {
    refused_.reset();
  } else {
    refused_ = std::move(offer);
  }
  return stored;
}

// By the clock of now: what others took in since is not of the future.
void OrderFeed::OfferRefused() {
  if (!refused_) return;
  refused_->step.oms_now = oms_clock_.Apply(clock_.Now());
  if (TakeIn(*refused_)) refused_.reset();
}

Result<IngestResult> OrderFeed::TakeIn(const Offer& offer) {
  const auto& [fetched, watermark, step] = offer;
  const MonotonicTime start = clock_.Monotonic();
  auto stored = store_.Ingest(fetched.page, step);
  health_.Report(StoreHealth::Side::kWrite, stored ? nullptr : &stored.error());
  if (!stored) return stored;
  ExporterMetrics& metrics = health_.metrics();
  metrics.StoreWrote(std::chrono::duration<double>(clock_.Monotonic() - start).count());
  metrics.IngestedRows("inserted", stored->inserted);
  metrics.IngestedRows("updated", stored->updated);
  metrics.IngestedRows("unchanged", stored->unchanged);
  metrics.IngestedRows("stale", stored->stale);
  metrics.IngestedRows("rejected", stored->rejected);
  if (step.clock_set_back && step.watermark) {
    log::Warn("the OMS's clock was set back: the watermark follows it",
              {{"source", options_.source},
               {"from", FormatTime(watermark->at)},
               {"to", FormatTime(step.watermark->at)}});
  }
  LogGap(step, watermark, fetched);
  if (on_committed_) on_committed_();
  return stored;
}

void OrderFeed::LogGap(const IngestStep& step, const std::optional<Watermark>& watermark,
                       const Fetched& fetched) {
  if (step.gap && !missing_) {
    const TimeRange range = PresentRange(fetched.page, fetched.oms.now);
    log::Error("orders were missed: the OMS did not show everything since the watermark",
               {{"source", options_.source},
                {"watermark", FormatTime(watermark->at)},
                {"oldest_shown", range.oldest ? FormatTime(*range.oldest) : "none"},
                {"rows", std::to_string(fetched.page.rows)}});
  }
  missing_ = step.gap;
}

void OrderFeed::LogRejected(const OrderPage& page) {
  std::set<RejectReason> reasons;
  for (const RejectedRow& row : page.rejected) {
    if (!reasons.insert(row.reason).second || rejected_.contains(row.reason)) continue;
    log::Warn(
        "rows rejected",
        {{"source", options_.source}, {"reason", std::string(Name(row.reason))}, {"first", row.detail}});
  }
  rejected_ = std::move(reasons);
}

Family OrderFeed::RecentGauge(const OrderPage& page) const {
  Family family{catalogue::kOrdersRecent, {}, {}, {}};
  std::map<std::string, std::int64_t> counts = page.status_counts;
  for (const StatusRule& rule : statuses_) counts.try_emplace(rule.status, 0);
  for (const auto& [status, count] : counts) family.samples.push_back({{status}, FormatValue(count)});
  return family;
}

}  // namespace o2o

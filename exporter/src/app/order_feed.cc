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
// Polls in a row in which a larger page failed by chance (a timeout, a cut) before that counts as the OMS's
// limit.
constexpr int kPatience = 3;

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

// How many rows the window holds by what the answer says of itself; 0 where it says nothing.
std::size_t RowsTold(const OrderPage& page) {
  std::int64_t counted = 0;
  for (const auto& [status, count] : page.status_counts)
    counted += std::clamp<std::int64_t>(count, 0, kMaxRowsTold);
  return static_cast<std::size_t>(std::max({counted, page.total.value_or(0), std::int64_t{0}}));
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
  const auto watermark = store_.Watermark(options_.source);
  if (!watermark) health_.Report(StoreHealth::Side::kWrite, &watermark.error());

  // Without a store a long window would be fetched again and again only to be thrown away: ask for what the
  // gauges need.
  const auto since = [&](Timestamp oms_now) {
    if (!watermark) return oms_now - options_.overlap;
    if (!*watermark) return oms_now - options_.initial_lookback;
    return std::min(**watermark, oms_now) - options_.overlap;
  };
  auto fetched = Fetch(since, stop);
  if (!fetched) return tl::unexpected(fetched.error());

  PollResult result;
  result.rows = fetched->page.rows;
  result.response_bytes = fetched->page.body_bytes;
  result.rejected_rows = RejectedByReason(fetched->page);
  result.hurry = fetched->truncated;
  result.families.push_back(RecentGauge(fetched->page));
  result.trouble = fetched->trouble;
  if (!watermark) {
    result.trouble = watermark.error();
    return result;
  }
  const auto stored = Store(*fetched, *watermark);
  if (!stored) result.trouble = stored.error();
  return result;
}

Result<IngestResult> OrderFeed::CatchUp(Millis since, const std::function<void(const AskedPage&)>& progress,
                                        std::stop_token stop) {
  const auto watermark = store_.Watermark(options_.source);
  if (!watermark) return tl::unexpected(watermark.error());
  progress_ = progress;
  auto fetched = Fetch(
      [&](Timestamp oms_now) {
        const Timestamp asked = oms_now - since;
        return *watermark ? std::min(asked, **watermark - options_.overlap) : asked;
      },
      stop);
  progress_ = nullptr;
  if (!fetched) return tl::unexpected(fetched.error());
  if (progress) progress({{}, fetched->page.rows, AskedPage::Phase::kStoring});
  auto stored = Store(*fetched, *watermark);
  if (stored && fetched->trouble) return tl::unexpected(*fetched->trouble);
  return stored;
}

Result<OrderFeed::Fetched> OrderFeed::Fetch(const Since& since, std::stop_token stop) {
  const Timestamp guess = oms_clock_.Apply(clock_.Now()) + kArrivalMargin;
  OmsWindow window{MinutesBack(guess, since(guess)), limit_};
  std::optional<Fetched> kept;  // a good but too small page, in case the larger one fails
  for (int asks = 0; asks < kMaxAsks; ++asks) {
    if (progress_) progress_({window, 0, AskedPage::Phase::kAsking});
    auto page = oms_.Recent(window, stop);
    if (!page) {
      limit_ = options_.limit;
      if (!kept) return tl::unexpected(page.error());
      SettleForKept(*kept, page.error());
      return std::move(*kept);
    }
    if (kept) larger_failures_ = 0;
    if (progress_) progress_({window, page->rows});

    const Timestamp ours = clock_.Now();
    const Timestamp oms_now = page->oms_now.value_or(ours);
    oms_clock_.Learn(ours, oms_now);
    const std::int64_t needed = MinutesBack(oms_now, since(oms_now));
    if (needed > window.minutes) {
      window.minutes = needed + 1;  // its clock was not what we thought
      continue;
    }

    Fetched fetched;
    fetched.oms_now = oms_now;
    fetched.window_too_long = needed == kMaxMinutes;
    // An OMS that counts nothing, and gives the same for a larger limit, shows its cap.
    if (kept && kept->page.rows == page->rows && RowsTold(*page) == 0) oms_cap_ = page->rows;
    fetched.truncated = IsTruncated(*page, window.limit);
    fetched.page = std::move(*page);
    const bool more_to_get = fetched.truncated && !oms_cap_ && window.limit < options_.max_limit;
    if (!more_to_get) {
      AdaptLimit(fetched);
      return fetched;
    }
    if (kept && kept->page.rows == fetched.page.rows) {
      oms_cap_ = fetched.page.rows;
      log::Warn(
          "the OMS gives no more rows than this, whatever the limit: polling faster while pages are full",
          {{"source", options_.source}, {"rows", std::to_string(fetched.page.rows)}});
      AdaptLimit(fetched);
      return fetched;
    }
    window.limit = std::min(options_.max_limit, window.limit * kLimitGrowth);
    limit_ = window.limit;
    kept = std::move(fetched);
  }
  return Fail(ErrorCode::kInternal, "the OMS's clock or page size changes with every answer");
}

bool OrderFeed::IsTruncated(const OrderPage& page, std::int64_t asked) {
  if (oms_cap_ && page.rows > *oms_cap_) oms_cap_.reset();  // it gives more now
  return page.rows >= static_cast<std::size_t>(asked) || RowsTold(page) > page.rows ||
         (oms_cap_ && page.rows == *oms_cap_);
}

void OrderFeed::AdaptLimit(const Fetched& fetched) {
  if (fetched.truncated) return;
  oms_cap_.reset();  // a page that is not full proves no cap; a real one is found again when it matters
  if (static_cast<std::int64_t>(fetched.page.rows) * kLimitGrowth < limit_) {
    limit_ = std::max(options_.limit, limit_ / 2);
  }
}

void OrderFeed::SettleForKept(Fetched& kept, const Error& error) {
  const bool refused = error.code == ErrorCode::kHttpStatus || error.code == ErrorCode::kTooLarge;
  if (refused || ++larger_failures_ >= kPatience) {
    oms_cap_ = kept.page.rows;
    larger_failures_ = 0;
    log::Warn(
        "the OMS gives no larger page: polling faster while pages are full",
        {{"source", options_.source}, {"rows", std::to_string(kept.page.rows)}, {"error", error.message}});
    return;
  }
  kept.trouble = error;
}

Result<IngestResult> OrderFeed::Store(const Fetched& fetched, std::optional<Timestamp> watermark) {
  const TimeRange range = PresentRange(fetched.page, fetched.oms_now);
  IngestStep step;
  step.source = options_.source;
  step.oms_now = fetched.oms_now;
  if (!fetched.trouble) {
    step.watermark = range.newest;
    // Rows as old as the watermark itself may have come after it was set; only an older one proves that
    // nothing is missing between. A page that moves the watermark closes the gap it shows: shown again, it is
    // the same gap. Where the future fills a cut page, nothing of the present is seen, and that goes on until
    // it no longer does.
    const bool moves = watermark && range.newest && *range.newest > *watermark;
    const bool out_of_sight = fetched.truncated && range.oldest && watermark && *range.oldest >= *watermark;
    const bool hidden = fetched.truncated && !range.oldest && watermark;
    step.gap = hidden || (moves && (out_of_sight || fetched.window_too_long));
  }

  const MonotonicTime start = clock_.Monotonic();
  auto stored = store_.Ingest(fetched.page, step);
  if (!stored) {
    health_.Report(StoreHealth::Side::kWrite, &stored.error());
    return stored;
  }
  health_.Report(StoreHealth::Side::kWrite, nullptr);
  ExporterMetrics& metrics = health_.metrics();
  metrics.StoreWrote(std::chrono::duration<double>(clock_.Monotonic() - start).count());
  metrics.IngestedRows("inserted", stored->inserted);
  metrics.IngestedRows("updated", stored->updated);
  metrics.IngestedRows("unchanged", stored->unchanged);
  metrics.IngestedRows("stale", stored->stale);
  metrics.IngestedRows("rejected", stored->rejected);
  if (step.gap && !missing_) {
    log::Error("orders were missed: the OMS did not show everything since the watermark",
               {{"source", options_.source},
                {"watermark", FormatTime(*watermark)},
                {"oldest_shown", range.oldest ? FormatTime(*range.oldest) : "none"},
                {"rows", std::to_string(fetched.page.rows)}});
  }
  missing_ = step.gap;
  if (on_committed_) on_committed_();
  return stored;
}

Family OrderFeed::RecentGauge(const OrderPage& page) const {
  Family family{catalogue::kOrdersRecent, {}, {}, {}};
  std::map<std::string, std::int64_t> counts = page.status_counts;
  for (const StatusRule& rule : statuses_) counts.try_emplace(rule.status, 0);
  for (const auto& [status, count] : counts) family.samples.push_back({{status}, FormatValue(count)});
  return family;
}

}  // namespace o2o

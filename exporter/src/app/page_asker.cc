// SPDX-License-Identifier: Apache-2.0
#include "app/page_asker.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace o2o {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A request arrives later than it was made.
constexpr seconds kArrivalMargin{2};
// Requests per page: one, one more for the clock, and enough limits (each four times the last) from 1 to
// max_limit.
constexpr int kMaxAsks = 14;
constexpr std::int64_t kLimitGrowth = 4;
// Counts beyond this are nonsense; keeps their sum from overflowing.
constexpr std::int64_t kMaxRowsClaimed = 1'000'000'000;
// How long a larger page may fail by chance (a timeout, a cut, 503) before that counts as the OMS's limit:
// longer than an OMS needs to recover from an outage of its own.
constexpr minutes kPatience{30};
// A real cap does not vary: when the counts alone suggested more different caps than this, they are wrong.
constexpr std::size_t kMostCaps = 3;

std::int64_t MinutesBack(Timestamp from, Timestamp to) {
  const auto span = std::chrono::ceil<minutes>(from - to).count();
  return std::clamp<std::int64_t>(span, 1, kLongestWindow.count());
}

}  // namespace

PageAsker::PageAsker(PageAskerOptions options, OmsApi& oms, const Clock& clock, ClockOffset& oms_clock)
    : options_(std::move(options)), oms_(oms), clock_(clock), oms_clock_(oms_clock), limit_(options_.limit) {}

Result<FetchedPage> PageAsker::Get(const Since& since, std::optional<MonotonicTime> deadline,
                                   const AskingProgress& progress, std::stop_token stop) {
  const Timestamp guess = oms_clock_.Apply(clock_.Now()) + kArrivalMargin;
  OmsWindow window{MinutesBack(guess, since(guess)), limit_};
  std::optional<FetchedPage> kept;  // a good but too small page, in case the larger one fails
  for (int asks = 0; asks < kMaxAsks; ++asks) {
    if (progress) progress({window, 0, AskedPage::Phase::kAsking});
    auto page = Ask(window, deadline, stop);
    if (!page) {
      // A page that was only late may arrive within the whole time of the next poll.
      const bool late = kept && page.error().code == ErrorCode::kTimeout;
      limit_ = late ? window.limit : options_.limit;
      if (!kept || page.error().code == ErrorCode::kCancelled) return tl::unexpected(page.error());
      SettleForKept(*kept, page.error());
      return std::move(*kept);
    }
    if (window.limit > options_.limit) larger_failing_since_.reset();
    if (progress) progress({window, page->rows, AskedPage::Phase::kAnswered});

    FetchedPage fetched;
    const Timestamp ours = clock_.Now();
    fetched.oms_now = page->oms_now.value_or(ours);
    oms_clock_.Learn(ours, fetched.oms_now);
    const std::int64_t needed = MinutesBack(fetched.oms_now, since(fetched.oms_now));
    if (needed > window.minutes) {
      // Its clock was not what we assumed. One minute more, since it advances until the next request.
      window.minutes = std::min<std::int64_t>(needed + 1, kLongestWindow.count());
      continue;
    }

    fetched.limit = window.limit;
    fetched.page = std::move(*page);
    const std::size_t claimed = RowsClaimed(fetched.page);
    const bool all_shown = claimed > 0 && claimed <= fetched.page.rows;
    if (kept && kept->page.rows == fetched.page.rows && !all_shown) NoteCap(*kept, fetched);
    ForgetCapIfExceeded(fetched.page);
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

Result<OrderPage> PageAsker::Ask(const OmsWindow& window, std::optional<MonotonicTime> deadline,
                                 std::stop_token stop) {
  Millis left = options_.timeout;
  if (deadline) left = std::chrono::duration_cast<Millis>(*deadline - clock_.Monotonic());
  if (left <= Millis{0}) {
    return Fail(ErrorCode::kTimeout, "the poll's timeout of " + FormatDuration(options_.timeout) +
                                         " expired before " + std::to_string(window.limit) +
                                         " rows could be requested");
  }
  return oms_.Recent(window, left, std::move(stop));
}

bool PageAsker::CountsMeanNothing() const { return short_caps_.size() > kMostCaps; }

// How many rows the window holds according to the answer; 0 if it does not say, or cannot be believed.
std::size_t PageAsker::RowsClaimed(const OrderPage& page) const {
  if (CountsMeanNothing()) return 0;
  std::int64_t counted = 0;
  for (const auto& [status, count] : page.status_counts)
    counted += std::clamp<std::int64_t>(count, 0, kMaxRowsClaimed);
  return static_cast<std::size_t>(std::max({counted, page.total.value_or(0), std::int64_t{0}}));
}

void PageAsker::ForgetCapIfExceeded(const OrderPage& page) {
  if (oms_cap_ && page.rows > *oms_cap_) oms_cap_.reset();
}

// An empty page is complete: a feed with a cap of no rows does not exist.
bool PageAsker::IsTruncated(const OrderPage& page, std::int64_t asked) const {
  return page.rows > 0 && (page.rows >= static_cast<std::size_t>(asked) || RowsClaimed(page) > page.rows ||
                           (oms_cap_ && page.rows == *oms_cap_));
}

void PageAsker::AdaptLimit(const FetchedPage& fetched) {
  if (fetched.truncated) return;
  oms_cap_
      .reset();  // a page that is not full does not prove a cap; a real one is found again when it matters
  if (static_cast<std::int64_t>(fetched.page.rows) * kLimitGrowth < limit_) {
    limit_ = std::max(options_.limit, limit_ / 2);
  }
}

// Two limits brought the same number of rows. If the smaller page was full, that is the OMS's cap. If it was
// not, only the counts say that there is more: they are believed until they have suggested too many caps.
void PageAsker::NoteCap(const FetchedPage& smaller, const FetchedPage& larger) {
  const std::size_t rows = larger.page.rows;
  const bool is_full = static_cast<std::int64_t>(rows) >= smaller.limit;
  if (!is_full && short_caps_.insert(rows).second && CountsMeanNothing()) {
    log::Warn("the OMS's counts exceed what it ever shows: they no longer decide whether a page is complete",
              {{"source", options_.source}, {"rows", std::to_string(rows)}});
  }
  if (!is_full && CountsMeanNothing()) return;
  oms_cap_ = rows;
  log::Warn("the OMS returns no more rows than this, whatever the limit: polling faster while pages are full",
            {{"source", options_.source}, {"rows", std::to_string(rows)}});
}

void PageAsker::SettleForKept(FetchedPage& kept, const Error& error) {
  kept.trouble = error;
  const MonotonicTime now = clock_.Monotonic();
  if (!larger_failing_since_) larger_failing_since_ = now;
  const bool refused = error.code == ErrorCode::kRefused || error.code == ErrorCode::kTooLarge;
  kept.larger_awaited = !refused && now - *larger_failing_since_ < kPatience;
  const std::string rows = std::to_string(kept.page.rows);
  if (kept.larger_awaited) {
    kept.trouble->message += " (for a larger page; only the newest " + rows + " rows are stored so far)";
    return;
  }
  oms_cap_ = kept.page.rows;
  larger_failing_since_.reset();
  kept.trouble->message += " (for a larger page; the OMS returns at most " + rows +
                           " rows, so polling is faster while pages are full)";
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "app/clock_offset.h"
#include "base/clock.h"
#include "base/duration.h"
#include "orders/order.h"
#include "sources/oms/api.h"

namespace o2o {

struct PageAskerOptions {
  std::string source;      // for the log
  Millis timeout{10'000};  // of each request, if no deadline bounds them all
  std::int64_t limit = 1'000;
  std::int64_t max_limit = kDefaultMaxLimit;
};

// The longest window that is requested.
inline constexpr std::chrono::minutes kLongestWindow{366LL * 24 * 60};

// Progress of a catch-up run, for the display of `ingest`: about to request `window`, answered with `rows`,
// or about to store them.
struct AskedPage {
  enum class Phase { kAsking, kAnswered, kStoring };
  OmsWindow window;
  std::size_t rows = 0;
  Phase phase = Phase::kAnswered;
};
using AskingProgress = std::function<void(const AskedPage&)>;

// A page, and how far it can be trusted.
struct FetchedPage {
  OrderPage page;
  Timestamp oms_now;             // the OMS's clock at the answer; ours if it sends no Date
  std::int64_t limit = 0;        // asked for
  bool truncated = false;        // the window holds more rows than the page
  bool larger_awaited = false;   // a larger page was needed and failed, but may still succeed
  std::optional<Error> trouble;  // of a larger page
};

// Gets the orders of a window, all of them if the OMS shows all: chooses window and limit, and learns how
// many rows this OMS returns. Keeps no orders. One thread at a time.
//
// The window is by the OMS's clock, which is known only from an answer: if an answer's own Date shows that
// the window was too short, it is requested again before it counts.
//
// The answer is expected newest first (it is a feed of recent orders), so a full page lacks the oldest rows
// and is requested again with a larger limit. If that fails, the small page is the result, and the larger one
// is awaited for half an hour. If two limits bring the same number of rows, or the larger one is refused,
// that is the OMS's cap: from then on such a page counts as truncated without another request.
class PageAsker {
 public:
  // All references must outlive it.
  PageAsker(PageAskerOptions options, OmsApi& oms, const Clock& clock, ClockOffset& oms_clock);

  // Since when rows are wanted, given the OMS's clock.
  using Since = std::function<Timestamp(Timestamp oms_now)>;

  // Ends by the deadline, if there is one. `progress` may be empty.
  [[nodiscard]] Result<FetchedPage> Get(const Since& since, std::optional<MonotonicTime> deadline,
                                        const AskingProgress& progress, std::stop_token stop);

 private:
  [[nodiscard]] Result<OrderPage> Ask(const OmsWindow& window, std::optional<MonotonicTime> deadline,
                                      std::stop_token stop);
  bool CountsMeanNothing() const;
  std::size_t RowsClaimed(const OrderPage& page) const;
  void ForgetCapIfExceeded(const OrderPage& page);
  bool IsTruncated(const OrderPage& page, std::int64_t asked) const;
  void AdaptLimit(const FetchedPage& fetched);
  void NoteCap(const FetchedPage& smaller, const FetchedPage& larger);
  void SettleForKept(FetchedPage& kept, const Error& error);

  const PageAskerOptions options_;
  OmsApi& oms_;
  const Clock& clock_;
  ClockOffset& oms_clock_;
  std::int64_t limit_;  // of the next request; grows with full pages, shrinks again
  std::optional<MonotonicTime> larger_failing_since_;
  std::optional<std::size_t> oms_cap_;  // the most rows that this OMS returned, whatever the limit
  // Caps below the requested limit, inferred from the OMS's counts alone.
  std::set<std::size_t> short_caps_;
};

}  // namespace o2o

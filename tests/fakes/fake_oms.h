// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sources/oms/api.h"

namespace o2o {

// An OMS in memory that keeps the promises of the real one: the orders of the last `minutes` by its own
// clock, newest first, at most `limit`, or its own cap. Its clock is the test's, ahead by `skew`.
class FakeOms final : public OmsApi {
 public:
  explicit FakeOms(const Clock& clock) : clock_(clock) {}

  Timestamp Now() const { return clock_.Now() + skew; }

  void Put(const std::string& id, Timestamp updated_at, const std::string& status = "PENDING") {
    std::erase_if(orders_, [&](const Order& order) { return order.order_id == id; });
    Order order;
    order.order_id = id;
    order.status = status;
    order.order_type = "delivery";
    order.updated_at = updated_at;
    orders_.push_back(order);
  }

  Result<OrderPage> Recent(const OmsWindow& window, Millis timeout, std::stop_token) override {
    asked.push_back(window);
    given.push_back(timeout);
    if (takes.count() != 0) spend(takes);
    if (fails_from && window.limit >= *fails_from) return Fail(fails_with, "larger page failed");
    if (fails_at_minutes && window.minutes >= *fails_at_minutes)
      return Fail(fails_with, "longer window failed");
    if (error) return tl::unexpected(*error);
    OrderPage page;
    if (sends_date) page.oms_now = std::chrono::floor<std::chrono::seconds>(Now());
    std::vector<Order> shown;
    for (const Order& order : orders_) {
      if (order.updated_at > Now() - std::chrono::minutes(window.minutes)) shown.push_back(order);
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const Order& a, const Order& b) { return a.updated_at > b.updated_at; });
    if (sends_counts) {
      for (const Order& order : shown) ++page.status_counts[order.status];
      page.total = static_cast<std::int64_t>(shown.size());
      if (older_counted > 0) page.status_counts["PENDING"] += older_counted;
    }
    page.counts_trouble = counts_trouble;
    if (counts_trouble) page.status_counts.clear();
    std::size_t most = static_cast<std::size_t>(window.limit);
    if (cap) most = std::min(most, *cap);
    if (shown.size() > most) shown.resize(most);
    page.rows = shown.size();
    page.orders = std::move(shown);
    if (edit) edit(page);
    return page;
  }

  std::chrono::microseconds skew{0};
  bool sends_date = true;
  bool sends_counts = true;
  std::optional<Error> counts_trouble;
  std::optional<std::size_t> cap;
  std::optional<Error> error;
  std::optional<std::int64_t> fails_from;        // requests with this limit or more fail
  std::optional<std::int64_t> fails_at_minutes;  // requests for so long a window, or a longer one, fail
  ErrorCode fails_with = ErrorCode::kTimeout;
  std::int64_t older_counted = 0;  // orders of the window's past that its counts count too
  std::chrono::microseconds takes{0};
  std::function<void(std::chrono::microseconds)> spend;  // lets so much time pass
  std::function<void(OrderPage&)> edit;                  // each page before it is given
  std::vector<OmsWindow> asked;
  std::vector<Millis> given;  // the time that each request had

 private:
  const Clock& clock_;
  std::vector<Order> orders_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "store/newest_rows.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "orders/order_limits.h"

namespace o2o {
namespace {

// The ranks that sync_order_statuses gives.
class StatusRanks {
 public:
  explicit StatusRanks(const std::vector<StatusRule>& statuses) {
    int place = 0;
    for (const StatusRule& rule : statuses) {
      ranks_[rule.status] = place += 10;
      if (rule.outcome == Outcome::kOpen) unknown_ = place + 5;
    }
  }
  int Of(const std::string& status) const {
    const auto found = ranks_.find(status);
    return found == ranks_.end() ? unknown_ : found->second;
  }

 private:
  std::map<std::string, int> ranks_;
  int unknown_ = 5;
};

}  // namespace

NewestRows PickNewestRows(const std::vector<Order>& orders, const std::vector<StatusRule>& statuses,
                          Timestamp oms_now) {
  const StatusRanks ranks(statuses);
  const Timestamp present = oms_now + kFutureTolerance;
  const auto older = [&](const Order* a, const Order* b) {
    const bool a_is_present = a->updated_at <= present;
    const bool b_is_present = b->updated_at <= present;
    const std::tuple a_rank(ranks.Of(a->status), std::string_view(a->status));
    const std::tuple b_rank(ranks.Of(b->status), std::string_view(b->status));
    if (a_is_present != b_is_present) return b_is_present ? a_rank <= b_rank : a_rank < b_rank;
    if (a->updated_at != b->updated_at) return a->updated_at < b->updated_at;
    return a_rank < b_rank;
  };

  std::vector<const Order*> sorted;
  sorted.reserve(orders.size());
  for (const Order& order : orders) sorted.push_back(&order);
  std::sort(sorted.begin(), sorted.end(), [](const Order* a, const Order* b) {
    const int ids = a->order_id.compare(b->order_id);
    return ids != 0 ? ids < 0 : a < b;  // one order's rows stay in the page's sequence
  });

  NewestRows newest;
  newest.rows.reserve(sorted.size());
  for (auto first = sorted.begin(); first != sorted.end();) {
    auto end = first + 1;
    while (end != sorted.end() && (*end)->order_id == (*first)->order_id) ++end;
    const Order* best = *first;
    for (auto row = first + 1; row != end; ++row) {
      if (!older(*row, best)) best = *row;
    }
    for (auto row = first; row != end; ++row) {
      if (*row == best) continue;
      ++(**row == *best ? newest.repeated : newest.superseded);
    }
    newest.rows.push_back(best);
    first = end;
  }
  return newest;
}

}  // namespace o2o

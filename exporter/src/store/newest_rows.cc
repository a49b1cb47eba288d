// SPDX-License-Identifier: Apache-2.0
#include "store/newest_rows.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
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

// Rows of one order stay in the page's sequence. Ids of one OMS mostly share a prefix: the eight bytes after
// the common prefix decide nearly every comparison, without access to the orders.
std::vector<const Order*> SortedById(const std::vector<Order>& orders) {
  std::size_t alike = orders.empty() ? 0 : orders.front().order_id.size();
  for (const Order& order : orders) {
    const std::string_view first(orders.front().order_id.data(), std::min(alike, order.order_id.size()));
    alike = std::mismatch(first.begin(), first.end(), order.order_id.begin()).first - first.begin();
  }

  struct Place {
    std::uint64_t begin;  // the eight bytes, the first in the highest; zero after the id's end
    const Order* order;
  };
  std::vector<Place> places;
  places.reserve(orders.size());
  for (const Order& order : orders) {
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < sizeof begin; ++i) {
      const std::size_t at = alike + i;
      begin = begin << 8 | (at < order.order_id.size() ? static_cast<unsigned char>(order.order_id[at]) : 0u);
    }
    places.push_back({begin, &order});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    const int ids = a.order->order_id.compare(b.order->order_id);
    return ids != 0 ? ids < 0 : a.order < b.order;
  });

  std::vector<const Order*> sorted;
  sorted.reserve(places.size());
  for (const Place& place : places) sorted.push_back(place.order);
  return sorted;
}

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

  const std::vector<const Order*> sorted = SortedById(orders);

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

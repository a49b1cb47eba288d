// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "store/order_store.h"

namespace o2o {

// A store in memory: which orders it has seen, where the watermark stands, how many gaps. Fails on demand.
class FakeOrderStore final : public OrderStore {
 public:
  Result<std::optional<Timestamp>> Watermark(const std::string&) override {
    if (down) return Fail(ErrorCode::kStore, "database is down");
    return watermark;
  }

  Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) override {
    if (down || full) return Fail(ErrorCode::kStore, "could not write");
    IngestResult result;
    for (const Order& order : page.orders) {
      const auto [entry, added] = orders.insert_or_assign(order.order_id, order);
      ++(added ? result.inserted : result.updated);
    }
    if (step.watermark) watermark = watermark ? std::max(*watermark, *step.watermark) : *step.watermark;
    gaps += step.gap;
    ++ingests;
    return result;
  }

  Result<StoreView> View(Timestamp) override {
    if (down) return Fail(ErrorCode::kStore, "database is down");
    return view;
  }

  bool down = false;
  bool full = false;  // readable, but takes nothing in
  std::optional<Timestamp> watermark;
  std::map<std::string, Order> orders;
  int gaps = 0;
  int ingests = 0;
  StoreView view;
};

}  // namespace o2o

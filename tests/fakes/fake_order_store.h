// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "store/order_store.h"

namespace o2o {

// A store in memory: which orders it has seen, where the watermark stands, how many gaps. Fails on demand.
class FakeOrderStore final : public OrderStore {
 public:
  Result<std::optional<Watermark>> QueryWatermark(const std::string&) override {
    if (hang) hang();
    if (down) return Fail(ErrorCode::kStore, "database is down");
    return watermark ? std::optional(Watermark{*watermark, oms_ahead}) : std::nullopt;
  }

  Result<IngestResult> Ingest(const OrderPage& page, const IngestStep& step) override {
    if (down || full) return Fail(ErrorCode::kStore, "could not write");
    IngestResult result;
    for (const Order& order : page.orders) {
      const auto [entry, added] = orders.insert_or_assign(order.order_id, order);
      ++(added ? result.inserted : result.updated);
    }
    if (step.watermark && (step.clock_set_back || !watermark || step.watermark->at > *watermark)) {
      watermark = step.watermark->at;
      oms_ahead = step.watermark->oms_ahead;
    }
    gaps += step.gap;
    last_step = step;
    ++ingests;
    return result;
  }

  Result<StoreView> View(Timestamp) override {
    if (down) return Fail(ErrorCode::kStore, "database is down");
    return view;
  }

  bool down = false;
  bool full = false;  // readable, but takes nothing in
  std::function<void()> hang;
  std::optional<Timestamp> watermark;
  std::chrono::microseconds oms_ahead{0};
  std::map<std::string, Order> orders;
  int gaps = 0;
  int ingests = 0;
  IngestStep last_step;  // of those taken in
  StoreView view;
};

}  // namespace o2o

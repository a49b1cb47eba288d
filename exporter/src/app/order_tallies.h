// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/clock_offset.h"
#include "app/store_health.h"
#include "config/config.h"
#include "sources/source.h"
#include "store/order_store.h"

namespace o2o {

// Publishes what PostgreSQL knows about orders: counters from the tallies, open and delayed orders,
// watermarks, gaps, batch jobs. A source of its own, so that delays keep growing on the page while the OMS is
// down, and the OMS's gauges stay current while PostgreSQL is.
class OrderTallies final : public Source {
 public:
  // All references must outlive it. `source`: whose watermark and gaps exist from the first scrape;
  // empty if it has none.
  OrderTallies(std::string source, OrdersConfig orders, OrderStore& store, const Clock& clock,
               const ClockOffset& oms_clock, StoreHealth& health);

  [[nodiscard]] Result<PollResult> Poll(std::stop_token stop) override;
  std::vector<ErrorCode> FailureReasons() const override { return {ErrorCode::kStore, ErrorCode::kInternal}; }
  std::vector<std::string> RejectReasons() const override { return {}; }

 private:
  const std::string source_;
  const OrdersConfig orders_;
  OrderStore& store_;
  const Clock& clock_;
  const ClockOffset& oms_clock_;
  StoreHealth& health_;
};

// Pure: the families of a view of the store, with every known label set at 0.
std::vector<Family> BuildOrderFamilies(const StoreView& view, const OrdersConfig& orders,
                                       const std::string& source);

}  // namespace o2o

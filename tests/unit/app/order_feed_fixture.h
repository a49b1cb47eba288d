// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "app/order_feed.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_oms.h"
#include "fakes/fake_order_store.h"

namespace o2o {

// What an OrderFeed is made of, for tests: its OMS and store are in memory, and it is 10:00 on 20 November.
class OrderFeedFixture : public ::testing::Test {
 protected:
  static constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} +
                                    std::chrono::hours{10}};

  FakeClock clock_{kStart};
  FakeOms oms_{clock_};
  FakeOrderStore store_{&clock_};
  ClockOffset offset_;
  ExporterMetrics metrics_;
  StoreHealth health_{metrics_};
  OrdersConfig orders_{{"delivery"},
                       {{"PENDING", Outcome::kOpen, {}}, {"COMPLETED", Outcome::kCompleted, {}}}};
  OrderFeedOptions options_{.pages = {.source = "orders", .limit = 10, .max_limit = 1000},
                            .overlap = std::chrono::minutes{2},
                            .initial_lookback = std::chrono::hours{1}};
};

}  // namespace o2o

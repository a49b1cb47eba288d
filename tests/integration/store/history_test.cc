// SPDX-License-Identifier: Apache-2.0
// The past of the counters, from the orders that are kept.
#include "integration/store/store_fixture.h"
#include "store/order_history.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

class HistoryTest : public StoreTest {
 protected:
  // "family label,label HH:MM value" of each step, in the order of the answer.
  std::vector<std::string> Steps(const std::string& from, const std::string& until, Millis step) const {
    std::vector<std::string> steps;
    const auto read = ReadOrderHistory(
        Config(), {At("2026-11-20T" + from + ":00Z"), At("2026-11-20T" + until + ":00Z"), step},
        [&](const HistoryStep& each) {
          std::string labels;
          for (const std::string& label : each.labels) labels += (labels.empty() ? "" : ",") + label;
          steps.push_back(each.family + " " + labels + " " + FormatTime(each.at).substr(11, 5) + " " +
                          each.value);
          return true;
        },
        {});
    EXPECT_TRUE(read) << read.error().message;
    return steps;
  }
  void Ingest(const std::vector<std::vector<Order>>& pages) const {
    PgOrderStore store = Store();
    for (const auto& page : pages) ASSERT_TRUE(store.Ingest(Page(page), Step()));
  }
};

TEST_F(HistoryTest, CountersRiseWhenOrdersCameAndEndAtTheTallies) {
  Ingest({{MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "PENDING", "10:01:00.000001")},
          {MakeOrder("A", "COMPLETED", "10:02:30", "19.90"), MakeOrder("C", "COMPLETED", "10:02:59", "0.10")},
          {MakeOrder("B", "FAILED", "10:03:00")}});
  const std::string ingested = "o2o_orders_ingested_total DELIVERY ";
  const std::string completed = "o2o_orders_completed_total DELIVERY ";
  const std::string amount = "o2o_orders_completed_amount_total DELIVERY ";
  const std::string failed = "o2o_orders_failed_total DELIVERY,FAILED ";
  EXPECT_EQ(Steps("09:59", "10:05", 1min),
            (std::vector<std::string>{amount + "09:59 0", amount + "10:03 20.00", completed + "09:59 0",
                                      completed + "10:03 2", failed + "09:59 0", failed + "10:03 1",
                                      ingested + "09:59 0", ingested + "10:00 1", ingested + "10:02 2",
                                      ingested + "10:03 3"}))
      << "a sample is of all that came up to its time, to the microsecond";
}

TEST_F(HistoryTest, OrdersOfTheArchiveCountWhereTheyCame) {
  Ingest({{MakeOrder("A", "PENDING", "10:00:30"), MakeOrder("B", "PENDING", "10:00:40")},
          {MakeOrder("A", "COMPLETED", "10:02:30", "19.90")}});
  const auto before = Steps("10:00", "10:10", 1min);
  EXPECT_EQ(before.size(), 4u + 2u) << "two counters and an amount from nothing, and ingested";
  ASSERT_EQ(Value("SELECT archive_orders('2026-11-21', 10)"), "1");
  EXPECT_EQ(Steps("10:00", "10:10", 1min), before);
}

TEST_F(HistoryTest, AnOrderCountsOnceWhereItFirstReachedAStatus) {
  Ingest({{MakeOrder("A", "COMPLETED", "10:01:00", "1.00")},
          {MakeOrder("A", "CANCELLED", "10:02:00", "1.00")},
          {MakeOrder("A", "COMPLETED", "10:03:00", "1.00")},
          {MakeOrder("A", "CANCELLED", "10:04:00", "1.00")}});
  EXPECT_EQ(Steps("10:00", "10:10", 1min),
            (std::vector<std::string>{
                "o2o_orders_completed_amount_total DELIVERY 10:00 0",
                "o2o_orders_completed_amount_total DELIVERY 10:01 1.00",
                "o2o_orders_completed_total DELIVERY 10:00 0", "o2o_orders_completed_total DELIVERY 10:01 1",
                "o2o_orders_failed_total DELIVERY,CANCELLED 10:00 0",
                "o2o_orders_failed_total DELIVERY,CANCELLED 10:02 1",
                "o2o_orders_ingested_total DELIVERY 10:00 0", "o2o_orders_ingested_total DELIVERY 10:01 1"}));
}

TEST_F(HistoryTest, WhatIsOlderOrNoLongerKeptCountsFromTheBeginning) {
  Ingest({{MakeOrder("A", "PENDING", "09:00:00"), MakeOrder("B", "PENDING", "10:02:00"),
           MakeOrder("C", "PENDING", "10:03:00")}});
  Sql("DELETE FROM fact_orders_monitoring WHERE order_id = 'C'");
  EXPECT_EQ(Steps("10:00", "10:10", 1min),
            (std::vector<std::string>{"o2o_orders_ingested_total DELIVERY 10:00 2",
                                      "o2o_orders_ingested_total DELIVERY 10:02 3"}));
}

TEST_F(HistoryTest, WhatIsDatedBeyondTheEndCountsAtTheEnd) {
  Ingest({{MakeOrder("A", "PENDING", "10:02:00"), MakeOrder("B", "PENDING", "10:30:00")}});
  EXPECT_EQ(Steps("10:00", "10:10", 5min),
            (std::vector<std::string>{"o2o_orders_ingested_total DELIVERY 10:00 0",
                                      "o2o_orders_ingested_total DELIVERY 10:05 1",
                                      "o2o_orders_ingested_total DELIVERY 10:10 2"}));
}

TEST_F(HistoryTest, OrderTypesThatAreNotToldApartAreOther) {
  MakeSchema();
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) SELECT 'a' || i, "
      "'PENDING', "
      "'kind' || i, '2026-11-20 10:01Z' FROM generate_series(100, 300) i");
  const std::vector<std::string> steps = Steps("10:00", "10:01", 1min);
  EXPECT_EQ(steps.size(), 2u * 101);
  EXPECT_EQ(std::count(steps.begin(), steps.end(), "o2o_orders_ingested_total other 10:01 101"), 1);
}

TEST_F(HistoryTest, ItsRoleNeedNotWrite) {
  Ingest({{MakeOrder("A", "PENDING", "10:00:00")}});
  RunRolesScript();
  for (const std::string role : {"o2o_writer", "o2o_reader"}) {
    int steps = 0;
    const auto read =
        ReadOrderHistory(Config(role), {At("2026-11-20T09:00:00Z"), At("2026-11-20T11:00:00Z"), 1min},
                         [&](const HistoryStep&) { return ++steps > 0; }, {});
    EXPECT_TRUE(read) << role << ": " << read.error().message;
    EXPECT_EQ(steps, 2) << role;
  }
}

TEST_F(HistoryTest, WhoHasEnoughIsAskedNoMore) {
  Ingest({{MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "PENDING", "10:01:00")}});
  int steps = 0;
  const auto read = ReadOrderHistory(Config(), {At("2026-11-20T09:00:00Z"), At("2026-11-20T11:00:00Z"), 1min},
                                     [&](const HistoryStep&) { return ++steps < 2; }, {});
  EXPECT_TRUE(read);
  EXPECT_EQ(steps, 2);
}

TEST_F(HistoryTest, WithoutASchemaItSaysSo) {
  const auto read = ReadOrderHistory(Config(), {At("2026-11-20T09:00:00Z"), At("2026-11-20T11:00:00Z"), 1min},
                                     [](const HistoryStep&) { return true; }, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kStore);
  EXPECT_NE(read.error().message.find("all_orders"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
// Counting whatever writes, and whatever the statuses mean.
#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using CountingTest = StoreTest;

TEST_F(CountingTest, PlainSqlKeepsTheTalliesRight) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
      "SELECT 'O' || i, CASE WHEN i % 2 = 0 THEN 'PENDING' ELSE 'COMPLETED' END, 'PICKUP', 1.5, '2026-11-20 "
      "10:00Z' "
      "FROM generate_series(1, 10) i");
  Sql("UPDATE fact_orders_monitoring SET status = 'FAILED', updated_at = '2026-11-20 10:01Z' WHERE order_id "
      "IN ('O2', 'O4')");
  Sql("UPDATE fact_orders_monitoring SET customer_name = 'x'");
  Sql("UPDATE fact_orders_monitoring SET status = 'PENDING' WHERE false");
  EXPECT_EQ(Tallies(), (std::map<std::string, std::string>{
                           {"o2o_orders_ingested_total PICKUP", "10"},
                           {"o2o_orders_completed_total PICKUP", "5"},
                           {"o2o_orders_completed_amount_total PICKUP", "7.5"},
                           {"o2o_orders_failed_total PICKUP,FAILED", "2"},
                           {"o2o_order_transitions_total PENDING,FAILED", "2"},
                           {"o2o_order_duration_seconds_bucket PICKUP,failed,60", "2"},
                           {"o2o_order_duration_seconds_sum PICKUP,failed", "120.000000"},
                       }));
  EXPECT_EQ(Value("SELECT string_agg(order_id, ',' ORDER BY order_id) FROM open_orders"), "O10,O6,O8");
}

TEST_F(CountingTest, DeletingOrdersChangesNoCounterButTheyAreNoLongerOpen) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(
      Page({MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "COMPLETED", "10:00:00")}), Step()));
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("B", "CANCELLED", "10:01:00")}), Step()));
  const auto before = Tallies();
  Sql("DELETE FROM fact_orders_monitoring");
  EXPECT_EQ(Tallies(), before);
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM order_outcomes"), "0");
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step()));
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "3")
      << "documented: a deleted order counts as new";
}

TEST_F(CountingTest, OddAmountsNeverTurnACounterBack) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) VALUES "
      "('A', 'COMPLETED', 'X', 'NaN', now()), ('B', 'COMPLETED', 'X', -5, now()), ('C', 'COMPLETED', 'X', "
      "'Infinity', now()), "
      "('D', 'COMPLETED', 'X', NULL, now()), ('E', 'COMPLETED', 'X', 0.1, now())");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_amount_total X"), "0.1");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total X"), "5");
}

TEST_F(CountingTest, UnknownStatusesAreKeptAndOpen) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "WARP", "10:00:00")}), Step()));
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "DRIVE", "10:01:00")}), Step()));
  EXPECT_EQ(Value("SELECT string_agg(concat_ws(' ', status, outcome, known), ', ' ORDER BY status) FROM "
                  "order_statuses WHERE NOT known"),
            "DRIVE open f, WARP open f");
  EXPECT_EQ(Value("SELECT status FROM open_orders"), "DRIVE");
  EXPECT_EQ(Tallies().at("o2o_order_transitions_total WARP,DRIVE"), "1");
}

TEST_F(CountingTest, AStatusThatIsConfiguredLaterCountsTheOrdersInIt) {
  {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "SHIPPED", "10:00:00", "4.00"),
                                   MakeOrder("B", "COMPLETED", "10:00:00", "1.00")}),
                             Step()));
    EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "1");
  }
  std::vector<StatusRule> statuses = UsualStatuses();
  statuses.push_back({"SHIPPED", Outcome::kCompleted, {}});
  PgOrderStore store(Config(), statuses);
  ASSERT_TRUE(store.View(At(kNow)));
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "2");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_amount_total DELIVERY"), "5.00");
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "0");
  // On from one completed status to another: still one completion.
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "COMPLETED", "10:05:00", "9.00")}), Step()));
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "2");
}

TEST_F(CountingTest, AMeaningTakenBackAndGivenAgainCountsNothingTwice) {
  {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.Ingest(
        Page({MakeOrder("A", "COMPLETED", "10:00:00"), MakeOrder("B", "FAILED", "10:00:00")}), Step()));
  }
  std::vector<StatusRule> all_open = UsualStatuses();
  for (StatusRule& rule : all_open) rule.outcome = Outcome::kOpen;
  const auto before = Tallies();
  {
    PgOrderStore store(Config(), all_open);
    ASSERT_TRUE(store.View(At(kNow)));
    EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "2");
    EXPECT_EQ(Tallies(), before);
  }
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "0");
  EXPECT_EQ(Tallies(), before);
}

TEST_F(CountingTest, TheConfigurationIsWrittenOnlyWhenItDiffers) {
  ASSERT_TRUE(Store().View(At(kNow)));
  const std::string rows =
      "SELECT string_agg(concat_ws(' ', status, rank, outcome, delayed_after, known, xmin), ', ' ORDER BY "
      "rank) FROM order_statuses";
  const std::string before = Value(rows);
  ASSERT_TRUE(Store().View(At(kNow)));
  EXPECT_EQ(Value(rows), before);
  std::vector<StatusRule> statuses = UsualStatuses();
  statuses[0].delayed_after = std::chrono::milliseconds(1500);
  statuses.pop_back();
  ASSERT_TRUE(PgOrderStore(Config(), statuses).View(At(kNow)));
  EXPECT_EQ(Value("SELECT string_agg(concat_ws(' ', status, rank, outcome, delayed_after, known), ', ' ORDER "
                  "BY rank, status) FROM order_statuses"),
            "PENDING 10 open 00:00:01.5 t, CONFIRMED 20 open 00:15:00 t, PREPARING 30 open 00:30:00 t, "
            "DELIVERING 40 open t, "
            "CANCELLED 45 open f, COMPLETED 50 completed t, FAILED 60 failed t");
}

}  // namespace
}  // namespace o2o

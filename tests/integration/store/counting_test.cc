// SPDX-License-Identifier: Apache-2.0
// Counting whatever writes, and whatever the statuses mean.
#include <algorithm>
#include <set>
#include <thread>

#include "integration/store/store_fixture.h"
#include "orders/order_limits.h"

namespace o2o {
namespace {

using CountingTest = StoreTest;

TEST_F(CountingTest, PlainSqlKeepsTheTalliesRight) {
  MakeSchema();
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
  auto expected = Tallies();
  expected["orders_gone "] = "2";  // no counter of the exporter
  Sql("DELETE FROM fact_orders_monitoring");
  EXPECT_EQ(Tallies(), expected);
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM order_outcomes"), "0");
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step()));
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "3")
      << "documented: a deleted order counts as new";
}

TEST_F(CountingTest, OddAmountsNeverTurnACounterBack) {
  MakeSchema();
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
  MakeSchema();
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "0");
  EXPECT_EQ(Tallies(), before);
}

TEST_F(CountingTest, TheConfigurationIsWrittenOnlyWhenItDiffers) {
  ASSERT_TRUE(PgOrderStore(Config(), UsualStatuses(), {"delivery"}).View(At(kNow)));
  // A read-only server may be read as long as there is nothing to write.
  Sql("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  EXPECT_TRUE(PgOrderStore(Config(), UsualStatuses(), {"delivery"}).View(At(kNow)));
  EXPECT_FALSE(PgOrderStore(Config(), UsualStatuses(), {"delivery", "pickup"}).View(At(kNow)));
  Sql("SET transaction_read_only = off; ALTER DATABASE " + database_ +
      " RESET default_transaction_read_only");
  const std::string rows =
      "SELECT string_agg(concat_ws(' ', status, rank, outcome, delayed_after, known, xmin), ', ' ORDER BY "
      "rank) FROM order_statuses";
  const std::string before = Value(rows);
  MakeSchema();
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

// Order types and statuses are the OMS's words: each is a series for ever, so there must be an end of them.
class LabelCeilingTest : public StoreTest {
 protected:
  static constexpr int kTold = kMostToldApart;

  // Orders named after `prefix`, two of each number from `first` to `last`, type and status by an SQL
  // expression of i.
  void Insert(const std::string& prefix, int first, int last, const std::string& type,
              const std::string& status) const {
    Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) SELECT "
        "'" +
        prefix + "' || i || '-' || n, " + status + ", " + type +
        ", 1.5, '2026-11-20 10:00Z' FROM generate_series(" + std::to_string(first) + ", " +
        std::to_string(last) + ") i, generate_series(1, 2) n");
  }
  std::string Sum(const std::string& family) const {
    return Value("SELECT sum(value) FROM order_tallies WHERE family = '" + family + "'");
  }
  std::string Count(const std::string& label, const std::string& family) const {
    return Value("SELECT count(DISTINCT labels[" + label + "]) FROM order_tallies WHERE family = '" + family +
                 "' AND labels[" + label + "] <> 'other'");
  }
};

TEST_F(LabelCeilingTest, OrderTypesBeyondTheFirstHundredCountAsOther) {
  MakeSchema();
  Insert("a", 1, 60, "'early' || i", "'PENDING'");
  Insert("b", 1, 90, "'late' || i", "'PENDING'");
  Insert("c", 1, 1, "'never before'", "'COMPLETED'");
  Sql("UPDATE fact_orders_monitoring SET status = 'COMPLETED', updated_at = '2026-11-20 10:01Z' WHERE "
      "order_id LIKE '%-1'");
  Sql("UPDATE fact_orders_monitoring SET status = 'FAILED', updated_at = '2026-11-20 10:02Z' WHERE order_id "
      "LIKE 'b%-2'");

  EXPECT_EQ(Count("1", "o2o_orders_ingested_total"), std::to_string(kTold));
  EXPECT_EQ(Value("SELECT count(*) FROM order_tallies WHERE family = 'o2o_orders_ingested_total' AND "
                  "labels[1] LIKE 'early%' AND value = 2"),
            "60");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total other"), "102");
  EXPECT_EQ(Sum("o2o_orders_ingested_total"), "302");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total other"), "52");
  EXPECT_EQ(Sum("o2o_orders_completed_total"), "152");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_amount_total other"), "78.0");
  EXPECT_EQ(Sum("o2o_orders_completed_amount_total"), "228.0");
  EXPECT_EQ(Tallies().at("o2o_orders_failed_total other,FAILED"), "50");
  EXPECT_EQ(Sum("o2o_orders_failed_total"), "90");
  EXPECT_EQ(Tallies().at("o2o_order_duration_seconds_bucket other,completed,60"), "50");
  EXPECT_EQ(Sum("o2o_order_duration_seconds_bucket"), "240");
  EXPECT_EQ(Value("SELECT count(DISTINCT order_type) FROM fact_orders_monitoring"), "151")
      << "orders keep theirs";
}

TEST_F(LabelCeilingTest, ConfiguredOrderTypesAreToldApartWhenOthersCameFirst) {
  PgOrderStore store(Config(), UsualStatuses(), {"delivery", "pick'up"});
  ASSERT_TRUE(store.View(At(kNow)));
  Insert("a", 1, 150, "'early' || i", "'PENDING'");
  Insert("b", 1, 1, "'delivery'", "'COMPLETED'");
  Insert("c", 1, 1, "'pick''up'", "'PENDING'");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total delivery"), "2");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total delivery"), "2");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total pick'up"), "2");
  EXPECT_EQ(Count("1", "o2o_orders_ingested_total"), std::to_string(kTold));
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total other"), "104");
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_TRUE(std::any_of(view->open_orders.begin(), view->open_orders.end(), [](const OpenOrders& row) {
    return row.order_type == "pick'up" && row.open == 2;
  }));
}

TEST_F(LabelCeilingTest, OrderTypesConfiguredLaterAreToldApartFromThenOn) {
  MakeSchema();
  Insert("a", 1, kTold, "'early' || i", "'PENDING'");
  Insert("b", 1, 1, "'delivery'", "'PENDING'");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total other"), "2");
  PgOrderStore store(Config(), UsualStatuses(), {"delivery"});
  ASSERT_TRUE(store.View(At(kNow)));
  Insert("c", 1, 1, "'delivery'", "'PENDING'");
  Insert("d", 1, 1, "'never before'", "'PENDING'");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total delivery"), "2");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total other"), "4");
  EXPECT_EQ(Value("SELECT count(*) FROM order_types"), std::to_string(kTold + 1));
}

TEST_F(LabelCeilingTest, StatusesBeyondTheFirstHundredCountAsOtherButConfiguredOnesNever) {
  MakeSchema();
  Insert("a", 1, 150, "'x'", "'odd' || lpad(i::text, 3, '0')");
  Sql("UPDATE fact_orders_monitoring SET status = 'later' || i, updated_at = '2026-11-20 10:01Z' FROM "
      "generate_series(1, 150) i WHERE order_id = 'a' || i || '-1'");
  Sql("UPDATE fact_orders_monitoring SET status = 'CANCELLED', updated_at = '2026-11-20 10:02Z' WHERE "
      "order_id LIKE '%-2'");

  EXPECT_EQ(Value("SELECT count(*) FROM order_statuses WHERE NOT known"), std::to_string(kTold));
  EXPECT_EQ(Count("1", "o2o_order_transitions_total"), std::to_string(kTold));
  EXPECT_EQ(Tallies().at("o2o_order_transitions_total other,other"), "50");
  EXPECT_EQ(Tallies().at("o2o_order_transitions_total other,CANCELLED"), "50");
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_order_transitions_total' AND "
                  "labels[2] = 'other'"),
            "150");
  EXPECT_EQ(Sum("o2o_order_transitions_total"), "300");
  EXPECT_EQ(Tallies().at("o2o_orders_failed_total x,CANCELLED"), "150");
  EXPECT_EQ(Value("SELECT count(DISTINCT to_status) FROM order_status_changes"), "151")
      << "history keeps them";
}

TEST_F(LabelCeilingTest, OpenOrdersAreFoldedAsTheCountersAre) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  Insert("a", 1, 130, "'kind' || i", "'odd' || i");
  Insert("b", 1, 1, "'new kind'", "'PENDING'");
  Sql("UPDATE fact_orders_monitoring SET order_type = 'changed' || order_id WHERE order_id LIKE 'a1-%'");
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  std::set<std::string> told;
  for (const Tally& tally : view->tallies) {
    if (tally.family == "o2o_orders_ingested_total") told.insert(tally.labels[0]);
  }
  std::set<std::string> types, statuses;
  std::int64_t open = 0;
  for (const OpenOrders& row : view->open_orders) {
    EXPECT_TRUE(types.count(row.order_type) == 0 || row.order_type == "other") << row.order_type;
    types.insert(row.order_type);
    statuses.insert(row.status);
    open += row.open;
    EXPECT_TRUE(told.count(row.order_type)) << row.order_type;
  }
  EXPECT_EQ(open, 262);
  EXPECT_LE(types.size(), kTold + 1u);
  EXPECT_LE(statuses.size(), kTold + 2u);  // and PENDING
  EXPECT_TRUE(types.count("other"));
  EXPECT_TRUE(statuses.count("other") && statuses.count("PENDING"));
}

TEST_F(LabelCeilingTest, AFoldedStatusThatIsConfiguredLaterCountsItsOrders) {
  MakeSchema();
  Insert("a", 1, kTold, "'kind' || i", "'odd' || i");
  Insert("b", 1, 3, "'new kind'", "'SHIPPED'");
  EXPECT_EQ(Value("SELECT count(*) FROM order_statuses WHERE status = 'SHIPPED'"), "0");
  std::vector<StatusRule> statuses = UsualStatuses();
  statuses.push_back({"SHIPPED", Outcome::kCompleted, {}});
  ASSERT_TRUE(PgOrderStore(Config(), statuses).View(At(kNow)));
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total other"), "6");
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), std::to_string(2 * kTold));
}

TEST_F(LabelCeilingTest, TheLastPlaceIsForAWordThatIsNew) {
  MakeSchema();
  Insert("a", 1, kTold - 1, "'kind' || i", "'odd' || i");
  Sql("INSERT INTO fact_orders_monitoring (order_id, order_type, status, updated_at, "
      "total_amount) "
      "SELECT 'b' || t || s, t, s, '2026-11-20 10:00Z', 1 "
      "FROM unnest('{kind1,kind2,new}'::text[]) t, unnest('{PENDING,odd1,odd2,other odd}'::text[]) s");
  EXPECT_EQ(Value("SELECT count(*) FROM order_types WHERE order_type = 'new'"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM order_statuses WHERE status = 'other odd'"), "1");
}

TEST_F(LabelCeilingTest, OrdersOfKnownWordsLockNobodyOut) {
  MakeSchema();
  Insert("a", 1, 1, "'delivery'", "'odd'");
  const auto locks_with = [&](const std::string& id, const std::string& type, const std::string& status) {
    return Value(
        "INSERT INTO fact_orders_monitoring (order_id, order_type, status, updated_at, "
        "total_amount) "
        "VALUES ('" +
        id + "', '" + type + "', '" + status +
        "', '2026-11-20 10:00Z', 1); "
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = "
        "'order_types'::regclass AND mode = 'ShareRowExclusiveLock'");
  };
  EXPECT_EQ(locks_with("b1", "delivery", "odd"), "0");
  EXPECT_EQ(locks_with("b2", "delivery", "PENDING"), "0");
  EXPECT_EQ(locks_with("b3", "new", "odd"), "1");
  EXPECT_EQ(locks_with("b4", "delivery", "new"), "1");
}

TEST_F(LabelCeilingTest, TwoWritersAtOnceTellTheSameLabelsApart) {
  MakeSchema();
  {
    std::jthread a([&] {
      for (int i = 0; i < 8; ++i)
        Insert("a" + std::to_string(i), 10 * i, 10 * i + 9, "'a' || i", "'odd a' || i");
    });
    std::jthread b([&] {
      for (int i = 0; i < 8; ++i)
        Insert("b" + std::to_string(i), 10 * i, 10 * i + 9, "'b' || i", "'odd b' || i");
    });
  }
  EXPECT_EQ(Count("1", "o2o_orders_ingested_total"), std::to_string(kTold));
  EXPECT_EQ(Value("SELECT count(*) FROM order_statuses WHERE NOT known"), std::to_string(kTold));
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total other"), "120");
  EXPECT_EQ(Sum("o2o_orders_ingested_total"), "320");
}

}  // namespace
}  // namespace o2o

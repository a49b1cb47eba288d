// SPDX-License-Identifier: Apache-2.0
// What keeps orders from being counted, or counters from being read, is said and stops the store: no number
// is better than one that is too low.
#include <pqxx/pqxx>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using CountingOffTest = StoreTest;

struct Case {
  std::string off;
  std::string on;  // undone again
  std::string said;
};

TEST_F(CountingOffTest, IsSeenByEveryCallAndAtConnect) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "COMPLETED", "10:00:00")}), Step("10:00:00")));
  const std::string body = " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
  Sql("CREATE FUNCTION public.nothing() RETURNS trigger" + body);
  const std::vector<Case> cases = {
      {"ALTER TABLE o2o.fact_orders_monitoring DISABLE TRIGGER count_changed_orders",
       "ALTER TABLE o2o.fact_orders_monitoring ENABLE TRIGGER count_changed_orders",
       "trigger count_changed_orders on fact_orders_monitoring is switched off"},
      {"ALTER TABLE o2o.fact_orders_monitoring DISABLE TRIGGER ALL",
       "ALTER TABLE o2o.fact_orders_monitoring ENABLE TRIGGER ALL",
       "trigger complete_changed_order on fact_orders_monitoring is switched off"},
      {"ALTER TABLE o2o.fact_orders_monitoring ENABLE REPLICA TRIGGER count_new_orders",
       "ALTER TABLE o2o.fact_orders_monitoring ENABLE TRIGGER count_new_orders", "trigger count_new_orders"},
      {"ALTER TABLE o2o.order_tally_entries ENABLE ROW LEVEL SECURITY",
       "ALTER TABLE o2o.order_tally_entries DISABLE ROW LEVEL SECURITY",
       "row security is on for order_tally_entries"},
      {"ALTER TABLE o2o.order_outcomes ENABLE ROW LEVEL SECURITY",
       "ALTER TABLE o2o.order_outcomes DISABLE ROW LEVEL SECURITY", "row security is on for order_outcomes"},
      {"CREATE RULE lost AS ON UPDATE TO o2o.fact_orders_monitoring DO INSTEAD NOTHING",
       "DROP RULE lost ON o2o.fact_orders_monitoring",
       "rule lost rewrites what is written to fact_orders_monitoring"},
      {"CREATE TRIGGER lost BEFORE INSERT ON o2o.order_tally_entries FOR EACH ROW EXECUTE FUNCTION "
       "public.nothing()",
       "DROP TRIGGER lost ON o2o.order_tally_entries",
       "trigger lost may keep rows out of order_tally_entries"},
      {"ALTER FUNCTION o2o.count_new_orders() RENAME TO gone",
       "ALTER FUNCTION o2o.gone() RENAME TO count_new_orders", "function count_new_orders() is missing"},
      {"ALTER FUNCTION o2o.count_new_orders() SECURITY INVOKER",
       "ALTER FUNCTION o2o.count_new_orders() SECURITY DEFINER",
       "function count_new_orders() is not as o2o-exporter made it"},
      {"ALTER TABLE o2o.order_outcomes RENAME TO gone", "ALTER TABLE o2o.gone RENAME TO order_outcomes",
       "table order_outcomes is missing"},
      {"CREATE TABLE public.kept AS SELECT * FROM o2o.order_duration_buckets; DELETE FROM "
       "o2o.order_duration_buckets",
       "INSERT INTO o2o.order_duration_buckets SELECT * FROM public.kept; DROP TABLE public.kept",
       "the rows of order_duration_buckets are missing"},
      {"CREATE TABLE public.kept AS SELECT * FROM o2o.order_tally_entries; DELETE FROM "
       "o2o.order_tally_entries",
       "INSERT INTO o2o.order_tally_entries OVERRIDING SYSTEM VALUE SELECT * FROM public.kept; DROP TABLE "
       "public.kept",
       "the rows of order_tally_entries are missing"},
      {"CREATE TABLE public.kept AS SELECT * FROM o2o.order_statuses; DELETE FROM o2o.order_statuses",
       "INSERT INTO o2o.order_statuses SELECT * FROM public.kept; DROP TABLE public.kept",
       "the rows of order_statuses are missing"},
      {"GRANT EXECUTE ON FUNCTION o2o.count_new_orders() TO PUBLIC",
       "REVOKE EXECUTE ON FUNCTION o2o.count_new_orders() FROM PUBLIC",
       "everybody may execute functions of the schema"},
      {"GRANT CREATE ON SCHEMA o2o TO PUBLIC", "REVOKE CREATE ON SCHEMA o2o FROM PUBLIC",
       "everybody may create in the schema"},
  };
  const auto before = Tallies();
  int minute = 1;
  for (const Case& one : cases) {
    Sql(one.off);
    const auto taken = store.Ingest(Page({MakeOrder("B", "COMPLETED", "10:00:00")}), Step("10:00:00"));
    const auto view = store.View(At(kNow));
    const auto connected = Store().QueryWatermark("orders");
    EXPECT_FALSE(taken) << one.off;
    EXPECT_FALSE(view) << one.off;
    EXPECT_FALSE(connected) << one.off;
    for (const Error* error : {taken ? nullptr : &taken.error(), view ? nullptr : &view.error(),
                               connected ? nullptr : &connected.error()}) {
      if (error == nullptr) continue;
      EXPECT_EQ(error->code, ErrorCode::kStore);
      EXPECT_NE(error->message.find(one.said), std::string::npos) << one.off << ": " << error->message;
    }
    Sql(one.on);
    EXPECT_EQ(Tallies(), before) << one.off;
    EXPECT_TRUE(store.Ingest(Page({}), Step("10:0" + std::to_string(minute++ % 10) + ":00"))) << one.on;
    EXPECT_TRUE(store.View(At(kNow))) << one.on;
  }
}

TEST_F(CountingOffTest, ARoleWhoseTriggersDoNotRunIsRefused) {
  MakeSchema();
  Sql("ALTER DATABASE " + database_ + " SET session_replication_role = replica");
  const auto taken = Store().Ingest(Page({MakeOrder("A", "COMPLETED", "10:00:00")}), Step("10:00:00"));
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("session_replication_role is replica"), std::string::npos)
      << taken.error().message;
  EXPECT_EQ(Value("SELECT count(*) FROM fact_orders_monitoring"), "0");
}

TEST_F(CountingOffTest, ATriggerThatSwallowsRowsIsNamed) {
  for (const char* event : {"INSERT", "UPDATE"}) {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step("10:00:00")));
    Sql("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER swallow BEFORE " +
        std::string(event) + " ON fact_orders_monitoring FOR EACH ROW EXECUTE FUNCTION swallow()");
    const auto taken =
        store.Ingest(Page({MakeOrder("A", "COMPLETED", "10:01:00"), MakeOrder("B", "PENDING", "10:01:00")}),
                     Step("10:01:00"));
    ASSERT_FALSE(taken) << event;
    EXPECT_EQ(taken.error().message,
              "storing orders: 1 orders were kept out of fact_orders_monitoring by a trigger of another "
              "program (swallow): make it RETURN NEW, or drop it");
    EXPECT_EQ(store.QueryWatermark("orders").value()->at, At("2026-11-20T10:00:00Z"));
    Sql("DROP FUNCTION swallow CASCADE");
    const auto again =
        store.Ingest(Page({MakeOrder("A", "COMPLETED", "10:01:00"), MakeOrder("B", "PENDING", "10:01:00")}),
                     Step("10:01:00"));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->inserted + again->updated, 2);
    Sql("DROP SCHEMA o2o CASCADE");
  }
}

TEST_F(CountingOffTest, ATriggerOfOthersThatLetsRowsThroughIsTheirs) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("CREATE FUNCTION mask() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.customer_name := NULL; RETURN "
      "NEW; END';"
      "CREATE TRIGGER mask BEFORE INSERT OR UPDATE ON fact_orders_monitoring FOR EACH ROW EXECUTE FUNCTION "
      "mask()");
  Order order = MakeOrder("A", "PENDING", "10:00:00");
  order.customer_name = "Ann";
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(store.Ingest(Page({order, MakeOrder("A", "PENDING", "09:00:00")}), Step("10:00:00")));
  EXPECT_EQ(Value("SELECT customer_name FROM fact_orders_monitoring"), "");
}

}  // namespace
}  // namespace o2o

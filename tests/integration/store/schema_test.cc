// SPDX-License-Identifier: Apache-2.0
// Making, adopting and protecting the schema.
#include <pqxx/pqxx>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using SchemaTest = StoreTest;

TEST_F(SchemaTest, ANewerSchemaIsRefusedUnlessItSaysOtherwise) {
  MakeSchema();
  Sql("INSERT INTO schema_migrations (version, needs) VALUES (98, 2)");
  EXPECT_TRUE(Store().View(At(kNow)));
  Sql("INSERT INTO schema_migrations (version, needs) VALUES (99, 99)");
  const auto view = Store().View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::kStore);
  EXPECT_EQ(
      view.error().message,
      "reading the tallies: the schema in this database is at version 99, this o2o-exporter knows version 4: "
      "run an o2o-exporter at least as new as the one that made it");
}

TEST_F(SchemaTest, EachRoleCanDoItsWorkAndNoMore) {
  RunRolesScript();
  PgOrderStore writer(Config("o2o_writer"), UsualStatuses());
  const auto refused = writer.View(At(kNow));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("role \"o2o_writer\" may not change it"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(refused.error().message.find("schema's owner"), std::string::npos);

  const auto made = PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow));
  ASSERT_TRUE(made) << made.error().message;
  RunRolesScript();

  OrderPage page = Page({MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "COMPLETED", "10:00:00")});
  page.rejected.push_back({RejectReason::kBadId, "order_id: too odd", "{}"});
  const auto taken = writer.Ingest(page, Step("10:00:00"));
  ASSERT_TRUE(taken) << taken.error().message;
  const auto changed = writer.Ingest(
      Page({MakeOrder("A", "FAILED", "10:01:00"), MakeOrder("B", "FAILED", "10:01:00")}), Step("10:01:00"));
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_TRUE(writer.View(At(kNow)));
  EXPECT_EQ(Tallies().at("o2o_orders_failed_total DELIVERY,FAILED"), "2");
  // A new meaning of a status is the writer's to bring, too.
  std::vector<StatusRule> statuses = UsualStatuses();
  statuses.pop_back();
  EXPECT_TRUE(PgOrderStore(Config("o2o_writer"), statuses, {"delivery"}).View(At(kNow)));
  EXPECT_EQ(Value("SELECT count(*) FROM order_types WHERE order_type = 'delivery'"), "1");

  EXPECT_EQ(Refusal("o2o_writer", "DROP TABLE batch_jobs"), "42501");
  EXPECT_EQ(Refusal("o2o_reader", "SELECT * FROM open_orders, order_status_history, order_tallies"), "");
  EXPECT_EQ(Refusal("o2o_reader", "CREATE TABLE mine (a int)"), "42501");
}

TEST_F(SchemaTest, AWriterCannotSlipItsOwnTablesUnderTheOwnersFunctions) {
  RunRolesScript();
  ASSERT_TRUE(PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow)));
  RunRolesScript();
  EXPECT_EQ(
      Refusal(
          "o2o_writer",
          "CREATE TEMPORARY TABLE order_tally_entries (id bigint, family text, labels text[], value numeric, "
          "PRIMARY KEY (family, labels));"
          "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES "
          "('A', 'PENDING', 'X', now())"),
      "");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total X"), "1");
}

TEST_F(SchemaTest, InfiniteTimesAreRefused) {
  MakeSchema();
  for (const char* time : {"infinity", "-infinity"}) {
    const std::string quoted = std::string("'") + time + "'";
    EXPECT_EQ(Refusal("postgres",
                      "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) "
                      "VALUES ('A', 'PENDING', 'X', " +
                          quoted + ")"),
              "23514");
    EXPECT_EQ(Refusal("postgres", "INSERT INTO batch_jobs VALUES ('j', " + quoted + ")"), "23514");
    EXPECT_EQ(Refusal("postgres", "INSERT INTO ingest_sources VALUES ('s', " + quoted + ")"), "23514");
  }
}

TEST_F(SchemaTest, NoTimeKeepsTheTalliesFromBeingRead) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step("10:00:00")));
  // Somebody drops the constraints, and writes the outermost times that PostgreSQL can hold.
  Sql("DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint "
      "WHERE contype = 'c' "
      "AND conrelid <> 0 AND pg_get_constraintdef(oid) LIKE '%isfinite%' LOOP EXECUTE format('ALTER TABLE %s "
      "DROP CONSTRAINT %I', c.t, "
      "c.conname); END LOOP; END $$;"
      "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('F', 'PENDING', "
      "'X', 'infinity'),"
      "('G', 'CONFIRMED', 'X', '-infinity'), ('H', 'PREPARING', 'X', '294276-12-31 23:59:59Z'), ('I', "
      "'DELIVERING', 'X', '4714-11-24 BC');"
      "INSERT INTO batch_jobs VALUES ('f', 'infinity'), ('g', '-infinity'), ('h', '294276-12-31 23:59:59Z');"
      "INSERT INTO ingest_sources VALUES ('f', 'infinity'), ('g', '-infinity'), ('n', NULL)");
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(view->open_orders.size(), 5u);
  EXPECT_EQ(view->batch_jobs.size(), 3u);
  EXPECT_EQ(view->batch_jobs.at("g").last_success, At("1970-01-01T00:00:00Z"));
  EXPECT_EQ(view->batch_jobs.at("h").last_success, At("2200-12-31T23:59:59Z"));
  EXPECT_EQ(view->watermarks.size(), 3u);
  EXPECT_EQ(view->newest_order, At("2026-11-20T10:00:00Z"));
  EXPECT_TRUE(store.QueryWatermark("f"));
  EXPECT_EQ(store.QueryWatermark("n").value(), std::nullopt);
}

TEST_F(SchemaTest, ADatabaseThatIsNotInUtf8IsRefused) {
  for (const std::string encoding : {"LATIN1", "SQL_ASCII"}) {
    const std::string name = database_ + "_other";
    Sql("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING '" + encoding +
        "' LC_COLLATE 'C' LC_CTYPE 'C'");
    StoreConfig config = Config();
    config.dsn = Secret(PostgresServer::Shared().Dsn(name));
    {
      const auto view = PgOrderStore(config, UsualStatuses()).View(At(kNow));
      ASSERT_FALSE(view);
      EXPECT_EQ(view.error().code, ErrorCode::kStore);
      EXPECT_EQ(view.error().message,
                "reading the tallies: database \"" + name + "\" keeps text as " + encoding +
                    ", which garbles names: give o2o-exporter a database made WITH ENCODING 'UTF8'");
    }
    Sql("DROP DATABASE " + name + " WITH (FORCE)");
  }
}

TEST_F(SchemaTest, ItsNameMayNeedQuotes) {
  for (const std::string name : {"Shop", "my.shop", "shop-\"7\" 'x'", "select"}) {
    StoreConfig config = Config();
    config.schema = name;
    const auto result = PgOrderStore(config, UsualStatuses(), {"DELIVERY"})
                            .Ingest(Page({MakeOrder("A", "COMPLETED", "10:00:00")}), Step("10:00:00"));
    ASSERT_TRUE(result) << name << ": " << result.error().message;
    const auto view = PgOrderStore(config, UsualStatuses()).View(At(kNow));
    ASSERT_TRUE(view) << name << ": " << view.error().message;
    EXPECT_EQ(view->tallies.size(), 3u) << name;
    EXPECT_EQ(view->watermarks.size(), 1u) << name;
  }
  EXPECT_EQ(Value("SELECT count(*) FROM pg_class WHERE relname = 'fact_orders_monitoring'"), "4");
}

TEST_F(SchemaTest, TablesOfOtherProgramsAreNoneOfOurs) {
  Sql("CREATE TABLE schema_migrations (version text PRIMARY KEY); INSERT INTO schema_migrations VALUES "
      "('20260101000000');"
      "CREATE TABLE order_types (id int); CREATE VIEW order_tallies AS SELECT 1 AS one;"
      "CREATE FUNCTION count_new_orders() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
  const auto result = Store().Ingest(Page({MakeOrder("A", "COMPLETED", "10:00:00")}), Step("10:00:00"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(Value("SELECT string_agg(version, ',') FROM schema_migrations"), "20260101000000");
  EXPECT_EQ(Value("SELECT has_function_privilege('public', 'public.count_new_orders()', 'EXECUTE')"), "t");
}

TEST_F(SchemaTest, EveryTableHasAPrimaryKey) {
  MakeSchema();
  EXPECT_EQ(
      Value(
          "SELECT string_agg(relname, ',') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "
          "nspname = 'o2o' "
          "AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"),
      "");
}

// Whether a query reads all orders one by one, or sorts them.
class OrdersByTimeTest : public StoreTest {
 protected:
  OrdersByTimeTest() {
    MakeSchema();
    Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) "
        "SELECT 'O' || i, CASE WHEN i % 50 = 0 THEN 'PENDING' ELSE 'COMPLETED' END, 'DELIVERY', "
        "timestamptz '2026-11-20 00:00Z' + i * interval '1 second' FROM generate_series(1, 20000) i;"
        "ANALYZE fact_orders_monitoring");
  }
  std::string Plan(const std::string& query) const {
    pqxx::connection connection(Dsn());
    pqxx::nontransaction sql(connection);
    std::string plan;
    for (const auto& row : sql.exec("EXPLAIN (COSTS off) " + query)) plan += row[0].as<std::string>() + "\n";
    return plan;
  }
};

TEST_F(OrdersByTimeTest, AreFoundByAnIndexOpenOrNot) {
  const std::string lately = "updated_at > '2026-11-20 05:30Z'";
  for (const std::string& query :
       {"SELECT order_id FROM dashboard_orders WHERE " + lately,
        "SELECT order_id FROM dashboard_orders WHERE open AND " + lately,
        "SELECT order_id FROM fact_orders_monitoring WHERE NOT open AND " + lately,
        std::string(
            "SELECT order_id FROM fact_orders_monitoring WHERE open ORDER BY updated_at DESC LIMIT 10"),
        std::string(
            "SELECT order_id FROM fact_orders_monitoring WHERE NOT open ORDER BY updated_at DESC LIMIT 10"),
        std::string("SELECT order_type, count(*) FROM open_orders GROUP BY order_type")}) {
    const std::string plan = Plan(query);
    EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << query << "\n" << plan;
    EXPECT_EQ(plan.find("Sort  "), std::string::npos) << query << "\n" << plan;
  }
  EXPECT_EQ(Value("SELECT count(*) FROM dashboard_orders"), "20000");
  EXPECT_EQ(Value("SELECT string_agg(order_id, ' ' ORDER BY updated_at) FROM dashboard_orders "
                  "WHERE updated_at > '2026-11-20 05:33:18Z'"),
            "O19999 O20000");
}

TEST_F(OrdersByTimeTest, TheNewestIsOpenOrNot) {
  PgOrderStore store = Store();
  EXPECT_EQ(store.View(At(kNow))->newest_order, At("2026-11-20T05:33:20Z"));  // O20000, open
  Sql("UPDATE fact_orders_monitoring SET status = 'COMPLETED', updated_at = '2026-11-20 05:40Z' WHERE "
      "order_id = 'O7'");
  EXPECT_EQ(store.View(At(kNow))->newest_order, At("2026-11-20T05:40:00Z"));
  // The newest of the present, whichever it is.
  EXPECT_EQ(store.View(At("2026-11-20T05:35:00Z"))->newest_order, At("2026-11-20T05:33:20Z"));
}

}  // namespace
}  // namespace o2o

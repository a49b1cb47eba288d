// SPDX-License-Identifier: Apache-2.0
// Making, adopting and protecting the schema.
#include <pqxx/pqxx>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using SchemaTest = StoreTest;

constexpr const char* kProofOfConcept =
    "CREATE TABLE fact_orders_monitoring (order_id text primary key, customer_id text, customer_name text, "
    "status text, "
    "order_type text, total_amount numeric, updated_at timestamp, item_name text, item_detail text, "
    "ingested_at timestamp default now());"
    "INSERT INTO fact_orders_monitoring VALUES "
    "('A', 'C1', 'Ann', 'COMPLETED', 'DELIVERY', 12.30, '2026-11-20 09:00:00.5', 'Pho', '{}', '2026-11-20 "
    "09:00:10'),"
    "('B', NULL, NULL, 'PENDING', 'DELIVERY', NULL, '2026-11-20 09:30:00', NULL, NULL, '2026-11-20 "
    "09:30:10'),"
    "('C', NULL, NULL, 'CANCELLED', 'PICKUP', 5, '2026-11-20 09:10:00', NULL, NULL, '2026-11-20 09:10:10'),"
    "('D', NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, '2026-11-20 09:20:10'),"
    "('E', NULL, NULL, 'PENDING', 'PICKUP', 1, NULL, NULL, NULL, NULL);";

TEST_F(SchemaTest, TheProofOfConceptsTableIsAdoptedWithItsRows) {
  Sql(kProofOfConcept);
  Sql("ALTER DATABASE " + database_ + " SET TimeZone = 'Asia/Ho_Chi_Minh'; CREATE ROLE poc_" + database_ +
      "; GRANT SELECT ON fact_orders_monitoring TO poc_" + database_ +
      "; ALTER TABLE fact_orders_monitoring ADD note text DEFAULT 'mine'");
  MakeSchema();
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', order_id, status, order_type, total_amount, updated_at, "
                  "CASE WHEN order_id <> 'E' THEN ingested_at END, open, note), E'\\n' ORDER BY order_id) "
                  "FROM fact_orders_monitoring"),
            "A|COMPLETED|DELIVERY|12.30|2026-11-20 09:00:00.5+00|2026-11-20 09:00:10+00|f|mine\n"
            "B|PENDING|DELIVERY|2026-11-20 09:30:00+00|2026-11-20 09:30:10+00|t|mine\n"
            "C|CANCELLED|PICKUP|5|2026-11-20 09:10:00+00|2026-11-20 09:10:10+00|f|mine\n"
            "D|UNKNOWN|unknown|1|2026-11-20 09:20:10+00|2026-11-20 09:20:10+00|t|mine\n"
            "E|PENDING|PICKUP|1|1970-01-01 00:00:00+00|t|mine");
  EXPECT_EQ(Tallies(), (std::map<std::string, std::string>{
                           {"o2o_orders_ingested_total DELIVERY", "2"},
                           {"o2o_orders_ingested_total PICKUP", "2"},
                           {"o2o_orders_ingested_total unknown", "1"},
                           {"o2o_orders_completed_total DELIVERY", "1"},
                           {"o2o_orders_completed_amount_total DELIVERY", "12.30"},
                           {"o2o_orders_failed_total PICKUP,CANCELLED", "1"},
                       }));
  EXPECT_EQ(Value("SELECT count(*) FROM order_status_history WHERE from_status IS NULL"), "5");
  EXPECT_EQ(Refusal("postgres", "SET ROLE poc_" + database_ + "; SELECT * FROM fact_orders_monitoring"), "");
  // And life goes on.
  const auto result = Store().Ingest(
      Page({MakeOrder("A", "COMPLETED", "09:00:00.5", "12.3"),
            MakeOrder("B", "COMPLETED", "10:00:00", "2.00"), MakeOrder("E", "COMPLETED", "08:00:00", "3.00"),
            MakeOrder("F", "PENDING", "10:00:00")}),
      Step());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->inserted, 1);
  EXPECT_EQ(result->updated, 3);
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "3");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "3");
  Sql("DROP OWNED BY poc_" + database_ + "; DROP ROLE poc_" + database_);
}

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
      "reading the tallies: the schema in this database is at version 99, this o2o-exporter knows version 3: "
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
  EXPECT_EQ(Refusal("o2o_writer",
                    "CREATE TEMPORARY TABLE order_tallies (family text, labels text[], value numeric, "
                    "PRIMARY KEY (family, labels));"
                    "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES "
                    "('A', 'PENDING', 'X', now())"),
            "");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total X"), "1");
}

TEST_F(SchemaTest, AnAdoptedTablesLabelsHaveTheSameCeiling) {
  Sql(kProofOfConcept);
  Sql("INSERT INTO fact_orders_monitoring (order_id, order_type, status, updated_at) SELECT 'X' || i, 'kind' "
      "|| i, "
      "'odd' || i, '2026-11-20 10:00' FROM generate_series(1, 150) i");
  MakeSchema();
  EXPECT_EQ(Value("SELECT count(*) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "101");
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "155");
  EXPECT_EQ(Value("SELECT count(*) <= 100 FROM order_statuses WHERE NOT known"), "t");
}

TEST_F(SchemaTest, ViewsOnTheProofOfConceptsTableSurvive) {
  const std::string role = "viewer_" + database_;
  Sql(kProofOfConcept);
  Sql("CREATE ROLE " + role +
      "; CREATE SCHEMA reports;"
      "CREATE VIEW reports.\"Late orders\" WITH (security_barrier) AS SELECT order_id, updated_at AS at, "
      "status FROM "
      "fact_orders_monitoring WHERE status = 'PENDING';"
      "CREATE VIEW late_ones AS SELECT count(*) AS n FROM reports.\"Late orders\" l JOIN "
      "fact_orders_monitoring f "
      "USING (order_id);"
      "COMMENT ON VIEW late_ones IS 'for the boss''s \"screen\"';"
      "ALTER VIEW late_ones OWNER TO " +
      role + "; GRANT SELECT ON fact_orders_monitoring, reports.\"Late orders\" TO " + role +
      "; GRANT USAGE ON SCHEMA reports TO " + role +
      "; GRANT SELECT (order_id) ON reports.\"Late orders\" TO PUBLIC;"
      "GRANT SELECT ON reports.\"Late orders\" TO " +
      role + " WITH GRANT OPTION");
  const std::string about =
      "SELECT string_agg(concat_ws(' ', relname, relowner::regrole, (SELECT string_agg(a::text, ',' ORDER BY "
      "a::text) FROM unnest(relacl) a), reloptions, obj_description(oid, 'pg_class'), (SELECT "
      "string_agg(attacl::text, ',') FROM pg_attribute "
      "WHERE attrelid = c.oid)), E'\\n' ORDER BY relname) FROM pg_class c WHERE relname IN ('Late orders', "
      "'late_ones')";
  const std::string before = Value(about);
  ASSERT_NE(before, "");
  const auto view = Store().View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(Value(about), before);
  EXPECT_EQ(Refusal("postgres", "SET ROLE " + role + "; SELECT * FROM late_ones"), "");
  EXPECT_EQ(Value("SELECT n FROM late_ones"), "2");
  EXPECT_EQ(Value("SELECT string_agg(order_id, ',' ORDER BY order_id) FROM reports.\"Late orders\""), "B,E");
  Sql("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role);
}

TEST_F(SchemaTest, WhatCannotBeMadeAnewIsNamed) {
  Sql(kProofOfConcept);
  Sql("CREATE MATERIALIZED VIEW daily AS SELECT updated_at FROM fact_orders_monitoring;"
      "CREATE VIEW today AS SELECT * FROM daily");
  const auto view = Store().View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::kStore);
  EXPECT_EQ(
      view.error().message,
      "reading the tallies: bringing the schema up to date (001_tables.sql): fact_orders_monitoring cannot "
      "be "
      "changed while this depends on it: materialized view daily; drop it, start o2o-exporter, make it again "
      "(SQLSTATE 2BP01)");
  EXPECT_EQ(Value("SELECT to_regclass('schema_migrations')"), "");
  EXPECT_EQ(Value("SELECT count(*) FROM today"), "5");
  Sql("DROP MATERIALIZED VIEW daily CASCADE");
  EXPECT_TRUE(Store().View(At(kNow)));
}

TEST_F(SchemaTest, AViewWithATriggerIsNotTakenApart) {
  Sql(kProofOfConcept);
  Sql("CREATE VIEW door AS SELECT * FROM fact_orders_monitoring;"
      "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
      "CREATE TRIGGER door INSTEAD OF DELETE ON door FOR EACH ROW EXECUTE FUNCTION nothing()");
  const auto view = Store().View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message.find("depends on it: view door"), std::string::npos) << view.error().message;
}

TEST_F(SchemaTest, AViewOfAnotherRoleIsNotTakenApart) {
  Sql(kProofOfConcept);
  Sql("CREATE VIEW theirs AS SELECT * FROM fact_orders_monitoring");
  RunRolesScript();
  const auto view = PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message.find("depends on it: view theirs"), std::string::npos)
      << view.error().message;
  Sql("DROP VIEW theirs; SET ROLE o2o_owner; CREATE VIEW ours AS SELECT * FROM fact_orders_monitoring");
  EXPECT_TRUE(PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow)));
  EXPECT_EQ(Value("SELECT count(*) FROM ours"), "5");
}

TEST_F(SchemaTest, InfiniteTimesOfTheOldTableCountAsMissing) {
  Sql(kProofOfConcept);
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at, ingested_at) VALUES "
      "('I', 'PENDING', 'X', 'infinity', '2026-11-20 09:40:00'), ('J', 'PENDING', 'X', '-infinity', "
      "'-infinity')");
  MakeSchema();
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', order_id, updated_at, first_updated_at, status_since, "
                  "isfinite(ingested_at)), ' ' "
                  "ORDER BY order_id) FROM fact_orders_monitoring WHERE order_type = 'X'"),
            "I|2026-11-20 09:40:00+00|2026-11-20 09:40:00+00|2026-11-20 09:40:00+00|t "
            "J|1970-01-01 00:00:00+00|1970-01-01 00:00:00+00|1970-01-01 00:00:00+00|t");
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
  EXPECT_EQ(view->job_successes.size(), 3u);
  EXPECT_EQ(view->job_successes.at("g"), At("1970-01-01T00:00:00Z"));
  EXPECT_EQ(view->job_successes.at("h"), At("2200-12-31T23:59:59Z"));
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
                    ", which garbles names: give o2o-exporter one made WITH ENCODING 'UTF8'");
    }
    Sql("DROP DATABASE " + name + " WITH (FORCE)");
  }
}

}  // namespace
}  // namespace o2o

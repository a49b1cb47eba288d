// SPDX-License-Identifier: Apache-2.0
// A table of the proof of concept, and what others have built on it.
#include <pqxx/pqxx>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using AdoptionTest = StoreTest;

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

TEST_F(AdoptionTest, TheProofOfConceptsTableIsAdoptedWithItsRows) {
  Sql(kProofOfConcept);
  Sql("ALTER DATABASE " + database_ + " SET TimeZone = 'Asia/Ho_Chi_Minh'; CREATE ROLE poc_" + database_ +
      "; GRANT SELECT ON fact_orders_monitoring TO poc_" + database_ +
      "; ALTER TABLE fact_orders_monitoring ADD note text DEFAULT 'mine'");
  MakeSchema();
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', order_id, status, order_type, total_amount, updated_at, "
                  "CASE WHEN order_id <> 'E' THEN ingested_at END, open, note), E'\\n' ORDER BY order_id) "
                  "FROM o2o.fact_orders_monitoring"),
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
  // Ingestion continues.
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

TEST_F(AdoptionTest, AnAdoptedTablesLabelsHaveTheSameCeiling) {
  Sql(kProofOfConcept);
  Sql("INSERT INTO fact_orders_monitoring (order_id, order_type, status, updated_at) SELECT 'X' || i, 'kind' "
      "|| i, "
      "'odd' || i, '2026-11-20 10:00' FROM generate_series(1, 150) i");
  MakeSchema();
  EXPECT_EQ(Value("SELECT count(*) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "101");
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "155");
  EXPECT_EQ(Value("SELECT count(*) <= 100 FROM order_statuses WHERE NOT known"), "t");
}

TEST_F(AdoptionTest, ViewsOnTheProofOfConceptsTableSurvive) {
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

TEST_F(AdoptionTest, WhatCannotBeMadeAnewIsNamed) {
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
      "changed while this depends on it: materialized view public.daily; drop it, start o2o-exporter, create "
      "it again "
      "(SQLSTATE 2BP01)");
  EXPECT_EQ(Value("SELECT to_regclass('schema_migrations')"), "");
  EXPECT_EQ(Value("SELECT count(*) FROM today"), "5");
  Sql("DROP MATERIALIZED VIEW daily CASCADE");
  EXPECT_TRUE(Store().View(At(kNow)));
}

TEST_F(AdoptionTest, AViewWithATriggerIsNotTakenApart) {
  Sql(kProofOfConcept);
  Sql("CREATE VIEW door AS SELECT * FROM fact_orders_monitoring;"
      "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
      "CREATE TRIGGER door INSTEAD OF DELETE ON door FOR EACH ROW EXECUTE FUNCTION nothing()");
  const auto view = Store().View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message.find("depends on it: view public.door"), std::string::npos)
      << view.error().message;
}

TEST_F(AdoptionTest, AViewOfAnotherRoleIsNotTakenApart) {
  Sql(kProofOfConcept);
  Sql("CREATE VIEW theirs AS SELECT * FROM fact_orders_monitoring");
  RunRolesScript();
  const auto view = PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message.find("depends on it: view public.theirs"), std::string::npos)
      << view.error().message;
  Sql("DROP VIEW theirs; SET ROLE o2o_owner; CREATE VIEW ours AS SELECT * FROM fact_orders_monitoring");
  EXPECT_TRUE(PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow)));
  EXPECT_EQ(Value("SELECT count(*) FROM ours"), "5");
}

TEST_F(AdoptionTest, InfiniteTimesOfTheOldTableCountAsMissing) {
  Sql(kProofOfConcept);
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at, ingested_at) VALUES "
      "('I', 'PENDING', 'X', 'infinity', '2026-11-20 09:40:00'), ('J', 'PENDING', 'X', '-infinity', "
      "'-infinity')");
  MakeSchema();
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', order_id, updated_at, first_updated_at, status_since, "
                  "isfinite(ingested_at)), ' ' "
                  "ORDER BY order_id) FROM o2o.fact_orders_monitoring WHERE order_type = 'X'"),
            "I|2026-11-20 09:40:00+00|2026-11-20 09:40:00+00|2026-11-20 09:40:00+00|t "
            "J|1970-01-01 00:00:00+00|1970-01-01 00:00:00+00|1970-01-01 00:00:00+00|t");
}

TEST_F(AdoptionTest, TheTableIsFoundWhereTheRoleFindsItAndAViewTakesItsPlace) {
  const std::string reader = "reader_" + database_;
  Sql("CREATE SCHEMA \"Old.Shop\"; SET search_path = \"Old.Shop\"; " + std::string(kProofOfConcept) +
      "CREATE VIEW late AS SELECT order_id FROM fact_orders_monitoring WHERE status = 'PENDING';"
      "CREATE ROLE " +
      reader + " LOGIN; GRANT USAGE ON SCHEMA \"Old.Shop\" TO " + reader +
      "; GRANT SELECT ON fact_orders_monitoring, late TO " + reader +
      "; GRANT UPDATE (customer_name) ON fact_orders_monitoring TO " + reader + "; ALTER DATABASE " +
      database_ + " SET search_path = \"Old.Shop\"");
  MakeSchema();
  EXPECT_EQ(
      Value("SELECT string_agg(concat(nspname, ' ', relkind), ',' ORDER BY nspname) FROM pg_class c JOIN "
            "pg_namespace n ON n.oid "
            "= relnamespace WHERE relname = 'fact_orders_monitoring'"),
      "Old.Shop v,o2o r");
  // Readers and writers of the old table keep working.
  const std::string as_reader = "SET search_path = \"Old.Shop\"; ";
  EXPECT_EQ(
      Refusal(reader, as_reader +
                          "SELECT item_detail FROM fact_orders_monitoring; SELECT * FROM late;"
                          "UPDATE fact_orders_monitoring SET customer_name = 'Anna' WHERE order_id = 'A'"),
      "");
  EXPECT_EQ(Refusal(reader, as_reader + "UPDATE fact_orders_monitoring SET status = 'X'"), "42501");
  EXPECT_EQ(Refusal(reader, "SELECT * FROM o2o.fact_orders_monitoring"), "42501");
  EXPECT_EQ(Value("SELECT customer_name FROM o2o.fact_orders_monitoring WHERE order_id = 'A'"), "Anna");
  EXPECT_EQ(Value("SELECT string_agg(order_id, ',' ORDER BY order_id) FROM \"Old.Shop\".late"), "B,E");
  EXPECT_EQ(Value("SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
                  "'\"Old.Shop\".fact_orders_monitoring'::regclass AND attnum > 0"),
            "order_id,customer_id,customer_name,status,order_type,total_amount,updated_at,item_name,item_"
            "detail,ingested_at");
  Sql("INSERT INTO \"Old.Shop\".fact_orders_monitoring (order_id, status, order_type, total_amount, "
      "updated_at) VALUES ('N', "
      "'PENDING', 'DELIVERY', 1, now()) ON CONFLICT (order_id) DO UPDATE SET status = excluded.status");
  Sql("INSERT INTO \"Old.Shop\".fact_orders_monitoring (order_id, status, order_type, total_amount, "
      "updated_at) VALUES ('N', "
      "'COMPLETED', 'DELIVERY', 1, now()) ON CONFLICT (order_id) DO UPDATE SET status = excluded.status");
  EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "3");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "2");
  // A second start finds nothing more to adopt.
  EXPECT_TRUE(Store().View(At(kNow)));
  Sql("DROP OWNED BY " + reader + "; DROP ROLE " + reader);
}

TEST_F(AdoptionTest, TheOwnerMovesATableOfAnotherRoleWhichKeepsUsingIt) {
  const std::string old_owner = "poc_" + database_;
  Sql(kProofOfConcept);
  Sql("CREATE ROLE " + old_owner + " LOGIN; ALTER TABLE fact_orders_monitoring OWNER TO " + old_owner);
  RunRolesScript();
  const auto made = PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow));
  ASSERT_TRUE(made) << made.error().message;
  RunRolesScript();
  EXPECT_EQ(
      Value("SELECT relowner::regrole FROM pg_class WHERE oid = 'o2o.fact_orders_monitoring'::regclass"),
      "o2o_owner");
  EXPECT_EQ(
      Refusal(old_owner,
              "SELECT * FROM fact_orders_monitoring; UPDATE fact_orders_monitoring SET status = 'COMPLETED' "
              "WHERE order_id = 'B'"),
      "");
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "2");
  EXPECT_EQ(Value("SELECT has_schema_privilege('o2o_owner', 'public', 'CREATE')"), "f");
  Sql("DROP OWNED BY " + old_owner + "; DROP ROLE " + old_owner);
}

TEST_F(AdoptionTest, ATableThatCannotBeKeptAsItIsIsRefusedBeforeAnythingIsChanged) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ALTER TABLE fact_orders_monitoring ALTER item_detail TYPE jsonb USING item_detail::jsonb, ALTER "
       "total_amount TYPE money",
       "column total_amount is money, which cannot become numeric, column item_detail is jsonb, which cannot "
       "become text"},
      {"ALTER TABLE fact_orders_monitoring ALTER updated_at TYPE text",
       "column updated_at is text, which cannot become timestamptz"},
      {"ALTER TABLE fact_orders_monitoring ALTER customer_name TYPE text[] USING ARRAY[customer_name]",
       "column customer_name is text[], which cannot become text"},
      {"ALTER TABLE fact_orders_monitoring DROP item_name", "column item_name is missing"},
      {"ALTER TABLE fact_orders_monitoring ADD open int",
       "column open has a name that o2o-exporter uses itself"},
      {"ALTER TABLE fact_orders_monitoring ADD shop int NOT NULL GENERATED BY DEFAULT AS IDENTITY, ADD "
       "branch int; UPDATE "
       "fact_orders_monitoring SET branch = 1; ALTER TABLE fact_orders_monitoring ALTER branch SET NOT NULL",
       "column branch is required, and o2o-exporter has no value for it"},
      {"ALTER TABLE fact_orders_monitoring DROP CONSTRAINT fact_orders_monitoring_pkey",
       "order_id is neither primary key nor unique"},
      {"ALTER TABLE fact_orders_monitoring ENABLE ROW LEVEL SECURITY", "row security is on"},
      {"DROP TABLE fact_orders_monitoring; CREATE TABLE fact_orders_monitoring (order_id text PRIMARY KEY, "
       "customer_id text, "
       "customer_name text, status text, order_type text, total_amount numeric, updated_at timestamp, "
       "item_name text, item_detail "
       "text, ingested_at timestamp) PARTITION BY HASH (order_id)",
       "it is partitioned"},
  };
  for (const auto& [change, reason] : cases) {
    Sql(kProofOfConcept);
    Sql(change);
    const auto view = Store().View(At(kNow));
    ASSERT_FALSE(view) << change;
    EXPECT_NE(view.error().message.find(
                  "table public.fact_orders_monitoring of the proof of concept cannot be adopted: " + reason +
                  ". Nothing was changed"),
              std::string::npos)
        << view.error().message;
    EXPECT_EQ(Value("SELECT count(*) FROM pg_namespace WHERE nspname = 'o2o'"), "0");
    Sql("DROP TABLE fact_orders_monitoring");
  }
}

TEST_F(AdoptionTest, ColumnsThatHoldTheSameBecomeOurs) {
  Sql("CREATE TYPE state AS ENUM ('PENDING', 'COMPLETED');"
      "CREATE TABLE fact_orders_monitoring (order_id bigint PRIMARY KEY, customer_id uuid NOT NULL, "
      "customer_name varchar(3) NOT "
      "NULL, status state, order_type char(20), total_amount numeric(10,2) NOT NULL, updated_at timestamptz, "
      "item_name text, "
      "item_detail varchar(5), ingested_at date, shop text DEFAULT 'one' NOT NULL);"
      "INSERT INTO fact_orders_monitoring VALUES (7, '11111111-2222-3333-4444-555555555555', 'Ann', "
      "'PENDING', 'DELIVERY', 1.5, "
      "'2026-11-20 09:00Z', 'Pho', 'hot', '2026-11-20')");
  Order order = MakeOrder("7", "COMPLETED", "10:00:00", "1.234");
  order.customer_name = "Ann of a longer name";
  order.item_detail = "hot, with much more to say";
  const auto result = Store().Ingest(Page({order, MakeOrder("8", "PENDING", "10:00:00")}), Step());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->updated, 1);
  EXPECT_EQ(result->inserted, 1);
  EXPECT_EQ(Value("SELECT string_agg(concat_ws('|', order_id, customer_name, status, order_type, "
                  "total_amount, shop), ' ' ORDER BY "
                  "order_id) FROM o2o.fact_orders_monitoring"),
            "7|Ann of a longer name|COMPLETED|DELIVERY|1.234|one 8|PENDING|DELIVERY|10.00|one");
}

}  // namespace
}  // namespace o2o

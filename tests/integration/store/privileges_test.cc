// SPDX-License-Identifier: Apache-2.0
// Who may do what, of everything that the catalogue of the schema lists: what the README grants, and nothing
// else.
#include <pqxx/pqxx>
#include <set>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using Grants = std::set<std::string>;  // "SELECT order_tallies", "EXECUTE merge_staged_orders"

class PrivilegesTest : public StoreTest {
 protected:
  void SetUp() override {
    RunRolesScript();
    ASSERT_TRUE(PgOrderStore(Config("o2o_owner"), UsualStatuses()).View(At(kNow)));
    RunRolesScript();
    PgOrderStore writer(Config("o2o_writer"), UsualStatuses());
    ASSERT_TRUE(
        writer.Ingest(Page({MakeOrder("A", "COMPLETED", "10:00:00"), MakeOrder("B", "PENDING", "10:00:00")}),
                      Step("10:00:00")));
    ASSERT_TRUE(writer.Ingest(Page({MakeOrder("A", "PENDING", "10:01:00")}), Step("10:01:00")));
  }

  Grants List(const std::string& query) const {
    pqxx::connection connection(Dsn());
    pqxx::nontransaction tx(connection);
    Grants found;
    for (const pqxx::row& row : tx.exec(query)) found.insert(row[0].as<std::string>());
    return found;
  }

  // What `role` is granted on the relations, sequences and functions of the schema, and on the schema itself.
  Grants GrantedTo(const std::string& role) const {
    return List(
        "SELECT privilege || ' ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, "
        "unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege WHERE nspname "
        "= '" +
        std::string(kSchema) + "' AND relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege('" + role +
        "', c.oid, privilege) UNION ALL SELECT privilege || ' ' || relname FROM pg_class c JOIN pg_namespace "
        "n "
        "ON n.oid = relnamespace, unnest('{SELECT,USAGE,UPDATE}'::text[]) privilege WHERE nspname = '" +
        kSchema + "' AND relkind = 'S' AND has_sequence_privilege('" + role +
        "', c.oid, privilege) UNION ALL SELECT 'EXECUTE ' || proname FROM pg_proc p JOIN pg_namespace n "
        "ON n.oid = pronamespace WHERE nspname = '" +
        kSchema + "' AND has_function_privilege('" + role +
        "', p.oid, 'EXECUTE') UNION ALL SELECT 'CREATE' WHERE has_schema_privilege('" + role + "', '" +
        kSchema + "', 'CREATE')");
  }

  Grants ReadingEverything() const {
    return List(
        "SELECT 'SELECT ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "
        "nspname = '" +
        std::string(kSchema) + "' AND relkind IN ('r', 'p', 'v', 'm', 'f')");
  }

  // Everything that counting rests on and leaves behind.
  std::string State() const {
    return Value(
        "SELECT (SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM order_tallies t) || '|' || "
        "(SELECT string_agg(o::text, E'\\n' ORDER BY o::text) FROM order_outcomes o) || '|' || "
        "(SELECT string_agg(f::text, E'\\n' ORDER BY f::text) FROM fact_orders_monitoring f)");
  }
};

TEST_F(PrivilegesTest, TheReaderReadsEverythingAndDoesNothingElse) {
  ASSERT_FALSE(ReadingEverything().empty());
  EXPECT_EQ(GrantedTo("o2o_reader"), ReadingEverything());
}

TEST_F(PrivilegesTest, TheWriterReadsEverythingAndTakesOrdersIn) {
  Grants expected = ReadingEverything();
  for (const char* grant : {"INSERT fact_orders_monitoring",
                            "UPDATE fact_orders_monitoring",
                            "INSERT ingest_sources",
                            "UPDATE ingest_sources",
                            "INSERT rejected_orders",
                            "DELETE rejected_orders",
                            "INSERT held_orders",
                            "UPDATE held_orders",
                            "DELETE held_orders",
                            "EXECUTE take_merge_turn",
                            "EXECUTE insert_staged_orders",
                            "EXECUTE update_staged_orders",
                            "EXECUTE merge_unlocked_orders",
                            "EXECUTE bring_back_archived_orders",
                            "EXECUTE check_counting",
                            "EXECUTE prepare_order_staging",
                            "EXECUTE merge_staged_orders",
                            "EXECUTE advance_watermark",
                            "EXECUTE watermark_gives_way",
                            "EXECUTE latest_present",
                            "EXECUTE order_status_rank",
                            "EXECUTE order_status_is_newer",
                            "EXECUTE configured_status",
                            "EXECUTE configured_order_type",
                            "EXECUTE unknown_status_rank",
                            "EXECUTE sync_order_statuses",
                            "EXECUTE sync_order_types"}) {
    expected.insert(grant);
  }
  EXPECT_EQ(GrantedTo("o2o_writer"), expected);
}

TEST_F(PrivilegesTest, BatchJobsReadEverythingAndWriteWhatTheyMake) {
  Grants expected = ReadingEverything();
  for (const char* grant :
       {"EXECUTE check_counting", "EXECUTE report_batch_job", "EXECUTE archive_orders",
        "EXECUTE drop_archive", "INSERT order_aggregates", "UPDATE order_aggregates",
        "DELETE order_aggregates", "INSERT order_top_items", "UPDATE order_top_items",
        "DELETE order_top_items", "INSERT batch_marks", "UPDATE batch_marks", "DELETE batch_marks"})
    expected.insert(grant);
  expected.merge(List(  // a dump reads them
      "SELECT 'SELECT ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname "
      "= '" +
      std::string(kSchema) + "' AND relkind = 'S'"));
  EXPECT_EQ(GrantedTo("o2o_batch"), expected);
}

TEST_F(PrivilegesTest, TheDashboardsReadWhatShowsNoCustomers) {
  EXPECT_EQ(GrantedTo("o2o_dashboard"),
            (Grants{"SELECT dashboard_orders", "SELECT dashboard_rejected_orders",
                    "SELECT dashboard_statuses", "SELECT dashboard_order_types",
                    "SELECT dashboard_batch_jobs", "SELECT order_status_history", "SELECT open_orders"}));
  const Grants columns = List(
      "SELECT column_name FROM information_schema.columns WHERE table_schema = '" + std::string(kSchema) +
      "' AND has_table_privilege('o2o_dashboard', format('%I.%I', table_schema, table_name), 'SELECT')");
  for (const char* personal :
       {"customer_id", "customer_name", "item_name", "item_detail", "payload", "detail", "fingerprint"}) {
    EXPECT_FALSE(columns.contains(personal)) << personal;
  }
}

TEST_F(PrivilegesTest, OthersMayNothing) {
  Sql("CREATE ROLE other_" + database_ + " LOGIN");
  EXPECT_EQ(GrantedTo("other_" + database_), Grants{});
  Sql("DROP ROLE other_" + database_);
}

TEST_F(PrivilegesTest, NobodyHangsAFunctionOfTheSchemaOnATableOfTheirOwn) {
  const std::string before = State();
  const Grants functions = List(
      "SELECT format('%I.%I', nspname, proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
      "WHERE nspname = '" +
      std::string(kSchema) + "' AND prorettype = 'trigger'::regtype");
  ASSERT_GE(functions.size(), 4u);
  for (const char* role : {"o2o_reader", "o2o_writer"}) {
    for (const std::string& function : functions) {
      for (const char* trigger :
           {"BEFORE INSERT ON mine FOR EACH ROW",
            "AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT",
            "AFTER UPDATE ON mine REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT",
            "AFTER DELETE ON mine REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT",
            "AFTER TRUNCATE ON mine FOR EACH STATEMENT"}) {
        EXPECT_EQ(
            Refusal(role,
                    "CREATE TEMPORARY TABLE mine (order_id text, order_type text, status text, total_amount "
                    "numeric, updated_at timestamptz, first_updated_at timestamptz, first_status text);"
                    "CREATE TRIGGER forged " +
                        std::string(trigger) + " EXECUTE FUNCTION " + function +
                        "();"
                        "INSERT INTO mine SELECT 'A', 'DELIVERY', 'COMPLETED', 1000000 FROM "
                        "generate_series(1, 1000);"
                        "DELETE FROM mine; TRUNCATE mine"),
            "42501")
            << role << " " << function << " " << trigger;
      }
    }
  }
  EXPECT_EQ(State(), before);
}

// Tried, not looked up: whatever the reader calls or changes is refused.
TEST_F(PrivilegesTest, NothingThatTheReaderTriesChangesAnything) {
  const std::string before = State();
  const Grants attempts = List(
      "SELECT format('SELECT %I.%I(%s)', nspname, proname, (SELECT string_agg('NULL::' || format_type(t, "
      "NULL), ', ') FROM "
      "unnest(proargtypes) t)) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = '" +
      std::string(kSchema) +
      "' AND prorettype <> 'trigger'::regtype UNION ALL SELECT format(statement, nspname, relname) FROM "
      "pg_class c JOIN "
      "pg_namespace n ON n.oid = relnamespace, unnest(ARRAY['INSERT INTO %I.%I DEFAULT VALUES', 'DELETE FROM "
      "%I.%I', "
      "'TRUNCATE %I.%I', 'BEGIN; LOCK TABLE %I.%I IN ROW EXCLUSIVE MODE', 'SELECT FROM %I.%I FOR SHARE', "
      "'ALTER TABLE %I.%I ADD x int']) "
      "statement WHERE nspname = '" +
      std::string(kSchema) + "' AND relkind = 'r'");
  ASSERT_GE(attempts.size(), 50u);
  for (const std::string& attempt : attempts) EXPECT_EQ(Refusal("o2o_reader", attempt), "42501") << attempt;
  EXPECT_EQ(State(), before);
}

TEST_F(PrivilegesTest, NothingThatTheReaderHoldsStopsOrders) {
  pqxx::connection reader(Dsn("o2o_reader"));
  pqxx::work holding(reader);
  for (const char* key : {"1", "2", "3"})
    holding.exec("SELECT pg_advisory_lock(72001, " + std::string(key) + ")");
  for (const std::string& table :
       List("SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "relnamespace WHERE nspname = 'o2o' AND relkind = 'r'")) {
    holding.exec("LOCK TABLE " + table + " IN ACCESS SHARE MODE");
  }
  std::vector<StatusRule> statuses = UsualStatuses();
  statuses.pop_back();  // the words change as well
  PgOrderStore writer(Config("o2o_writer"), statuses, {"a new type"});
  const auto taken =
      writer.Ingest(Page({MakeOrder("B", "COMPLETED", "10:02:00"), MakeOrder("C", "PENDING", "10:02:00")}),
                    Step("10:02:00"));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->updated, 1);
  EXPECT_EQ(taken->inserted, 1);
}

// As every database has it that was made before PostgreSQL 15: anyone who connects may create in public, and
// what is made there fits our statements better than what PostgreSQL has.
TEST_F(PrivilegesTest, WhatOthersMakeInPublicIsNeverCalled) {
  const std::string mallory = "mallory_" + database_;
  Sql("GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE ROLE " + mallory + " LOGIN");
  const auto make = [](const std::string& name, const std::string& left, const std::string& right,
                       const std::string& type) {
    const std::string function = "f" + std::to_string(std::hash<std::string>{}(name + left + right));
    return "CREATE FUNCTION public." + function + "(a " + left + ", b " + right + ") RETURNS " + type +
           " LANGUAGE plpgsql AS $f$ BEGIN IF current_user <> session_user OR current_user LIKE 'o2o%' THEN "
           "INSERT INTO public.loot "
           "VALUES (current_user, '" +
           name + " " + left + " " + right + "'); END IF; RETURN a OPERATOR(pg_catalog." + name +
           ") b::" + left + "; END $f$; CREATE OPERATOR public." + name + " (LEFTARG = " + left +
           ", RIGHTARG = " + right + ", FUNCTION = public." + function + ");";
  };
  std::string evil = "CREATE TABLE public.loot (who text, via text); GRANT ALL ON public.loot TO PUBLIC;";
  for (const char* name : {">", "<", "="}) evil += make(name, "numeric", "integer", "boolean");
  for (const char* name : {"*", "+", "-"}) evil += make(name, "numeric", "integer", "numeric");
  evil +=
      "CREATE FUNCTION public.convert_to(a text, b text) RETURNS bytea LANGUAGE plpgsql AS $f$ BEGIN INSERT "
      "INTO public.loot "
      "VALUES (current_user, 'convert_to'); RETURN pg_catalog.convert_to(a, b::name); END $f$;";
  ASSERT_EQ(Refusal(mallory, evil), "");
  for (const char* role : {"o2o_owner", "o2o_writer"}) {
    PgOrderStore store(Config(role), UsualStatuses(), {"DELIVERY", role});
    OrderPage page = Page({MakeOrder("B", "COMPLETED", "10:02:00"), MakeOrder(role, "PENDING", "10:02:00")});
    page.rejected.push_back(
        {RejectReason::kBadId, "order_id: too odd", std::string("{\"by\": \"") + role + "\"}"});
    const auto taken = store.Ingest(page, Step("10:02:00"));
    ASSERT_TRUE(taken) << taken.error().message;
    const auto view = store.View(At(kNow));
    ASSERT_TRUE(view) << view.error().message;
  }
  RunRolesScript();
  EXPECT_EQ(Value("SELECT string_agg(DISTINCT concat(who, ' by ', via), ', ') FROM public.loot"), "");
  Sql("DROP OWNED BY " + mallory + " CASCADE; DROP ROLE " + mallory);
}

}  // namespace
}  // namespace o2o

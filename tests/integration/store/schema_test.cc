// SPDX-License-Identifier: Apache-2.0
// Making, adopting and protecting the schema.
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

class SchemaTest : public StoreTest {
 protected:
  void RunRolesScript() const {
    std::ifstream file(O2O_SQL_DIR "/roles.sql");
    std::stringstream script;
    script << file.rdbuf();
    ASSERT_FALSE(script.str().empty());
    Sql(script.str());
  }

  // The SQLSTATE that a statement of `role` fails with; "" where it does not.
  std::string Refusal(const std::string& role, const std::string& statement) const {
    pqxx::connection connection(PostgresServer::Shared().Dsn(database_, role));
    pqxx::nontransaction tx(connection);
    try {
      tx.exec(statement);
    } catch (const pqxx::insufficient_privilege&) {  // libpqxx 6 forgets its SQLSTATE
      return "42501";
    } catch (const pqxx::sql_error& error) {
      return error.sqlstate();
    }
    return "";
  }
};

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
  PgOrderStore store = Store();
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
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
  const auto result = store.Ingest(
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
  ASSERT_TRUE(Store().View(At(kNow)));
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
  EXPECT_TRUE(PgOrderStore(Config("o2o_writer"), statuses).View(At(kNow)));

  EXPECT_EQ(Refusal("o2o_writer", "UPDATE order_tallies SET value = 0"), "42501");
  EXPECT_EQ(Refusal("o2o_writer", "DELETE FROM fact_orders_monitoring"), "42501");
  EXPECT_EQ(Refusal("o2o_writer", "UPDATE order_statuses SET outcome = 'open'"), "42501");
  EXPECT_EQ(Refusal("o2o_writer", "DELETE FROM order_status_changes"), "42501");
  EXPECT_EQ(Refusal("o2o_writer", "DROP TABLE batch_jobs"), "42501");
  EXPECT_EQ(Refusal("o2o_reader", "SELECT * FROM open_orders, order_status_history, order_tallies"), "");
  EXPECT_EQ(Refusal("o2o_reader", "UPDATE fact_orders_monitoring SET status = 'X'"), "42501");
  EXPECT_EQ(Refusal("o2o_reader", "SELECT sync_order_statuses('{}', '{}', '{}')"), "42501");
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

}  // namespace
}  // namespace o2o

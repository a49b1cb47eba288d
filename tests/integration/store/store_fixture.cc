// SPDX-License-Identifier: Apache-2.0
#include "integration/store/store_fixture.h"

#include <unistd.h>

#include <fstream>
#include <pqxx/pqxx>
#include <sstream>

#if PQXX_VERSION_MAJOR < 7
// libpqxx 6 forgets one libpq result of 2 kB for each connection that the server ends; not ours to mend.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx-6"; }
#endif

namespace o2o {
namespace {

// Test programs may share a server, one after the other.
std::string NextDatabase() {
  static int count = 0;
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

void RunSql(const std::string& dsn, const std::string& statements) {
  pqxx::connection connection(dsn);
  pqxx::nontransaction tx(connection);
  tx.exec(statements);
}

}  // namespace

std::vector<StatusRule> UsualStatuses() {
  using std::chrono::minutes;
  return {{"PENDING", Outcome::kOpen, minutes(10)},   {"CONFIRMED", Outcome::kOpen, minutes(15)},
          {"PREPARING", Outcome::kOpen, minutes(30)}, {"DELIVERING", Outcome::kOpen, {}},
          {"COMPLETED", Outcome::kCompleted, {}},     {"FAILED", Outcome::kFailed, {}},
          {"CANCELLED", Outcome::kFailed, {}}};
}

StoreTest::StoreTest() : database_(NextDatabase()) {
  RunSql(PostgresServer::Shared().Dsn("postgres"), "CREATE DATABASE " + database_ + " TEMPLATE template0");
}

StoreTest::~StoreTest() {
  RunSql(PostgresServer::Shared().Dsn("postgres"), "DROP DATABASE " + database_ + " WITH (FORCE)");
}

StoreConfig StoreTest::Config(const std::string& role) const {
  StoreConfig config;
  config.dsn = Secret(PostgresServer::Shared().Dsn(database_, role));
  return config;
}

std::string StoreTest::Dsn(const std::string& role) const {
  return PostgresServer::Shared().Dsn(database_, role) + " options='-c search_path=public," + kSchema + "'";
}

void StoreTest::MakeSchema() const {
  const auto view = Store().View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
}

void StoreTest::Sql(const std::string& statements) const { RunSql(Dsn(), statements); }

std::string StoreTest::Value(const std::string& query) const {
  pqxx::connection connection(Dsn());
  pqxx::nontransaction tx(connection);
  tx.exec("SET TimeZone = 'UTC'");
  const pqxx::result rows = tx.exec(query);
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
}

void StoreTest::RunRolesScript() const {
  std::ifstream file(O2O_SQL_DIR "/roles.sql");
  std::stringstream script;
  script << file.rdbuf();
  ASSERT_FALSE(script.str().empty());
  Sql(script.str());
}

std::string StoreTest::Refusal(const std::string& role, const std::string& statement) const {
  pqxx::connection connection(Dsn(role));
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

std::map<std::string, std::string> StoreTest::Tallies() const {
  pqxx::connection connection(Dsn());
  pqxx::nontransaction tx(connection);
  std::map<std::string, std::string> tallies;
  for (const pqxx::row& row :
       tx.exec("SELECT family, array_to_string(labels, ','), value FROM order_tallies")) {
    tallies[row[0].as<std::string>() + " " + row[1].as<std::string>()] = row[2].as<std::string>();
  }
  return tallies;
}

Order StoreTest::MakeOrder(const std::string& id, const std::string& status, const std::string& updated_at,
                           const std::string& amount) {
  Order order;
  order.order_id = id;
  order.status = status;
  order.order_type = "DELIVERY";
  order.total_amount = amount;
  order.updated_at = At("2026-11-20T" + updated_at + "Z");
  return order;
}

OrderPage StoreTest::Page(std::vector<Order> orders) {
  OrderPage page;
  page.rows = orders.size();
  page.orders = std::move(orders);
  return page;
}

IngestStep StoreTest::Step(const std::string& watermark) {
  IngestStep step;
  step.source = "orders";
  step.oms_now = step.answered_at = At(kNow);
  if (!watermark.empty()) step.newest = At("2026-11-20T" + watermark + "Z");
  return step;
}

}  // namespace o2o

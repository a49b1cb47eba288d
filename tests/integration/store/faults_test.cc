// SPDX-License-Identifier: Apache-2.0
// What goes wrong around PostgreSQL, and what the store makes of it.
#include <signal.h>

#include <chrono>
#include <pqxx/pqxx>
#include <thread>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FaultsTest : public StoreTest {
 protected:
  // Makes statements on ingest_sources fail with `sqlstate` the first `times` times.
  void FailWrites(const std::string& sqlstate, int times) const {
    Sql("CREATE SEQUENCE writes; CREATE FUNCTION fail_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('public.writes') <= " +
        std::to_string(times) + " THEN RAISE EXCEPTION 'told to fail: secret row' USING ERRCODE = '" +
        sqlstate +
        "'; END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER fail_write AFTER INSERT ON ingest_sources FOR EACH STATEMENT EXECUTE FUNCTION "
        "fail_write()");
  }
  OrderPage OnePage() const { return Page({MakeOrder("A", "COMPLETED", "10:00:00")}); }
  void ExpectTakenOnce() const {
    EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "1");
    EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "1");
  }
};

TEST_F(FaultsTest, CollisionsAreRetried) {
  for (const char* sqlstate : {"40P01", "40001", "55P03", "23505"}) {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.View(At(kNow)));
    Sql("DROP TRIGGER IF EXISTS fail_write ON ingest_sources; DROP FUNCTION IF EXISTS fail_write; DROP "
        "SEQUENCE IF EXISTS writes;"
        "TRUNCATE fact_orders_monitoring, order_tally_entries, ingest_sources");
    FailWrites(sqlstate, 1);
    const auto result = store.Ingest(OnePage(), Step("10:00:00"));
    ASSERT_TRUE(result) << sqlstate << ": " << result.error().message;
    ExpectTakenOnce();
    EXPECT_EQ(Value("SELECT last_value FROM writes"), "2") << sqlstate;
  }
}

TEST_F(FaultsTest, RetryingEnds) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  FailWrites("40P01", 1'000'000);
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kStore);
  EXPECT_EQ(Value("SELECT last_value FROM writes"), "5");
  EXPECT_TRUE(Tallies().empty());
}

TEST_F(FaultsTest, OtherErrorsAreReportedAtOnceAndChangeNothing) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.View(At(kNow)));
  FailWrites("53100", 1);  // disk full
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "storing orders: function public.fail_write() raised an error (SQLSTATE 53100)");
  EXPECT_TRUE(Tallies().empty());
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  ExpectTakenOnce();
}

TEST_F(FaultsTest, BadValuesAreNotQuotedInErrors) {
  PgOrderStore store = Store();
  OrderPage page = Page({MakeOrder("A", "PENDING", "10:00:00", "4711 of Mr. Smith")});
  const auto result = store.Ingest(page, Step());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "storing orders: invalid input syntax for type numeric (SQLSTATE 22P02)");
}

TEST_F(FaultsTest, ARestartedServerIsNotAFailure) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  PostgresServer::Shared().Stop();
  const auto down = store.Ingest(OnePage(), Step("10:00:00"));
  PostgresServer::Shared().Start();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, ErrorCode::kStore);
  EXPECT_NE(down.error().message.find("failed: "), std::string::npos) << down.error().message;
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  PostgresServer::Shared().Stop();
  PostgresServer::Shared().Start();
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->unchanged, 1);
  ExpectTakenOnce();
}

TEST_F(FaultsTest, ASessionEndedByTheServerIsReplaced) {
  PgOrderStore store = Store();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
    Sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = "
        "'o2o-exporter' AND datname = current_database()");
  }
  EXPECT_TRUE(store.View(At(kNow)));
  ExpectTakenOnce();
}

TEST_F(FaultsTest, ALockThatIsHeldEndsInTime) {
  StoreConfig config = Config();
  config.lock_timeout = milliseconds(100);
  PgOrderStore store(config, UsualStatuses());
  ASSERT_TRUE(store.View(At(kNow)));
  pqxx::connection other(Dsn());
  {
    pqxx::work holding(other);
    holding.exec(
        "SET LOCAL application_name = 'a script of Bob''s'; LOCK TABLE fact_orders_monitoring IN ACCESS "
        "EXCLUSIVE MODE");
    const std::string pid = holding.exec("SELECT pg_backend_pid()")[0][0].as<std::string>();
    const auto start = steady_clock::now();
    const auto result = store.Ingest(OnePage(), Step("10:00:00"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message.find(
                  "storing orders: canceling statement due to lock timeout (SQLSTATE 55P03); the lock is "
                  "held by pid " +
                  pid + " (application_name a script of Bob's, user postgres, in a transaction for "),
              0u)
        << result.error().message;
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
  }
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  ExpectTakenOnce();
}

TEST_F(FaultsTest, ASlowStatementEndsInTime) {
  MakeSchema();  // with the usual time
  StoreConfig config = Config();
  config.statement_timeout = milliseconds(300);
  PgOrderStore store(config, UsualStatuses());
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN "
      "NULL; END $$;"
      "CREATE TRIGGER slow AFTER INSERT ON ingest_sources FOR EACH STATEMENT EXECUTE FUNCTION slow()");
  const auto start = steady_clock::now();
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("SQLSTATE 57014"), std::string::npos) << result.error().message;
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(Tallies().empty());
}

TEST_F(FaultsTest, AServerThatHangsIsGivenUp) {
  MakeSchema();  // with the usual time
  StoreConfig config = Config();
  config.statement_timeout = milliseconds(300);
  PgOrderStore store(config, UsualStatuses());
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  const int pid =
      std::stoi(Value("SELECT pid FROM pg_stat_activity WHERE application_name = 'o2o-exporter' AND datname "
                      "= current_database()"));
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  const auto start = steady_clock::now();
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  const auto took = steady_clock::now() - start;
  kill(pid, SIGCONT);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "storing orders: PostgreSQL did not answer in time");
  EXPECT_LT(took, std::chrono::seconds(5));
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  ExpectTakenOnce();
}

TEST_F(FaultsTest, AReadOnlyServerStillShowsItsTallies) {
  ASSERT_TRUE(Store().Ingest(OnePage(), Step("10:00:00")));
  Sql("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  PgOrderStore store = Store();
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(view->tallies.size(), 3u);
  const auto result = store.Ingest(OnePage(), Step("10:00:00"));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("read-only transaction (SQLSTATE 25006)"), std::string::npos)
      << result.error().message;
}

TEST_F(FaultsTest, LostPrivilegesAreNamed) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(OnePage(), Step("10:00:00")));
  Sql("DROP TABLE batch_jobs CASCADE");
  const auto view = store.View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().message,
            "reading the tallies: counting is not in order: table batch_jobs is missing: restore it");
}

TEST_F(FaultsTest, NoPasswordReachesAnError) {
  const std::string directory = PostgresServer::Shared().directory();
  for (const std::string& dsn : {
           "host=" + directory + " user=postgres dbname=nowhere password=hunter2",
           "host=" + directory + " user=postgres password=hunt hunter2 dbname=x",
           std::string("host=127.0.0.1 port=1 user=postgres password='hunter2"),
           std::string("postgresql://u:hunter2@127.0.0.1:1/orders"),
           std::string("postgresql://u:p@hunter2@127.0.0.1:1/orders"),
           std::string("postgresql://u:p/hunter2@127.0.0.1:1/orders"),
           std::string("postgresql://u:p?hunter2@127.0.0.1:1/orders"),
           std::string("postgresql://u@127.0.0.1:1/orders?passwort=hunter2"),
           std::string("hunter2"),
       }) {
    StoreConfig config;
    config.dsn = Secret(dsn);
    config.connect_timeout = milliseconds(2000);
    const auto view = PgOrderStore(config, UsualStatuses()).View(At(kNow));
    ASSERT_FALSE(view) << dsn;
    EXPECT_EQ(view.error().code, ErrorCode::kStore);
    EXPECT_EQ(view.error().message.find("hunter2"), std::string::npos) << view.error().message;
    EXPECT_EQ(view.error().message.find('\n'), std::string::npos) << view.error().message;
  }
}

TEST_F(FaultsTest, AMissingDatabaseIsNamed) {
  StoreConfig config;
  config.dsn = Secret(PostgresServer::Shared().Dsn("nowhere") + " password=hunter2");
  const auto view = PgOrderStore(config, UsualStatuses()).View(At(kNow));
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message.find("database \"nowhere\" does not exist"), std::string::npos)
      << view.error().message;
}

}  // namespace
}  // namespace o2o

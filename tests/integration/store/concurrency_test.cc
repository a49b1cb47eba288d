// SPDX-License-Identifier: Apache-2.0
// Several writers at once.
#include <algorithm>
#include <pqxx/pqxx>
#include <random>
#include <thread>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using ConcurrencyTest = StoreTest;

constexpr int kOrders = 600;
constexpr int kPageRows = 100;

// All versions of all orders; the last of each is final for two of three.
std::vector<Order> Versions(Order (*make)(const std::string&, const std::string&, const std::string&,
                                          const std::string&)) {
  std::vector<Order> rows;
  for (int i = 0; i < kOrders; ++i) {
    const std::string id = "O" + std::to_string(i);
    rows.push_back(make(id, "PENDING", "10:00:00", "1.00"));
    rows.push_back(make(id, "CONFIRMED", "10:01:00", "1.00"));
    rows.push_back(make(id,
                        i % 3 == 0   ? "COMPLETED"
                        : i % 3 == 1 ? "FAILED"
                                     : "PREPARING",
                        "10:02:00", "1.25"));
  }
  return rows;
}

void IngestShuffled(PgOrderStore& store, std::vector<Order> rows, unsigned seed, const IngestStep& step,
                    std::string& error) {
  std::mt19937 random(seed);
  std::shuffle(rows.begin(), rows.end(), random);
  for (std::size_t from = 0; from < rows.size(); from += kPageRows) {
    OrderPage page;
    page.orders.assign(rows.begin() + from, rows.begin() + std::min(rows.size(), from + kPageRows));
    const auto result = store.Ingest(page, step);
    if (!result) error = result.error().message;
  }
}

// What a person or another program might do: one statement per row, many in a transaction, in an order of its
// own.
void UpsertPlainly(const std::string& dsn, const std::vector<Order>& rows, unsigned seed) {
  pqxx::connection connection(dsn);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    for (bool done = false; !done;) {
      try {
        pqxx::work tx(connection);
        for (int i = 0; i < 4; ++i) {
          const Order& order = rows[random() % rows.size()];
          tx.exec(
              "INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) "
              "VALUES (" +
              tx.quote(order.order_id) + ", " + tx.quote(order.status) + ", 'DELIVERY', " +
              *order.total_amount + ", " + tx.quote(FormatTime(order.updated_at)) +
              ") ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, total_amount = "
              "excluded.total_amount, "
              "updated_at = excluded.updated_at WHERE fact_orders_monitoring.updated_at < "
              "excluded.updated_at");
        }
        tx.commit();
        done = true;
      } catch (const pqxx::deadlock_detected&) {  // theirs to repeat
      }
    }
  }
}

TEST_F(ConcurrencyTest, OverlappingWritersEndInTheTruth) {
  PgOrderStore first = Store();
  PgOrderStore second = Store();
  std::string first_error, second_error;
  const std::vector<Order> rows = Versions(&MakeOrder);
  {
    // Both find an empty database and migrate at the same time.
    std::jthread a([&] { IngestShuffled(first, rows, 1, Step("10:02:00"), first_error); });
    std::jthread b([&] { IngestShuffled(second, rows, 2, Step("10:01:00"), second_error); });
    while (Value("SELECT to_regclass('ingest_sources')") == "") {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    UpsertPlainly(Dsn(), rows, 3);
  }
  EXPECT_EQ(first_error, "");
  EXPECT_EQ(second_error, "");
  const auto tallies = Tallies();
  EXPECT_EQ(tallies.at("o2o_orders_ingested_total DELIVERY"), "600");
  EXPECT_EQ(tallies.at("o2o_orders_completed_total DELIVERY"), "200");
  EXPECT_EQ(tallies.at("o2o_orders_completed_amount_total DELIVERY"), "250.00");
  EXPECT_EQ(tallies.at("o2o_orders_failed_total DELIVERY,FAILED"), "200");
  EXPECT_EQ(Value("SELECT string_agg(concat(status, ' ', n), ', ' ORDER BY status) FROM "
                  "(SELECT status, count(*) n FROM fact_orders_monitoring GROUP BY status) s"),
            "COMPLETED 200, FAILED 200, PREPARING 200");
  EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "200");
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_order_transitions_total'"),
            Value("SELECT count(*) FROM order_status_changes"));
  // Each order's changes form one chain from its first status to the one it has.
  EXPECT_EQ(
      Value("SELECT count(*) FROM (SELECT order_id, from_status, lag(to_status) OVER w AS before, to_status, "
            "lead(to_status) OVER w AS after FROM order_status_history WINDOW w AS (PARTITION BY order_id "
            "ORDER BY changed_at)) h "
            "JOIN fact_orders_monitoring f USING (order_id) WHERE from_status IS DISTINCT FROM before "
            "OR (after IS NULL AND to_status <> f.status)"),
      "0");
  EXPECT_EQ(first.QueryWatermark("orders").value()->at, At("2026-11-20T10:02:00Z"));
}

TEST_F(ConcurrencyTest, AnOpenTransactionOnSomeOrdersDelaysTheseOnly) {
  for (const bool commits : {true, false}) {
    Sql("DROP SCHEMA IF EXISTS o2o CASCADE");
    PgOrderStore store(Config(), UsualStatuses(), {"DELIVERY"});
    ASSERT_TRUE(
        store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "PENDING", "10:00:00")}),
                     Step("10:00:00")));
    pqxx::connection other(Dsn());
    pqxx::work sleeping(other);
    sleeping.exec(
        "UPDATE fact_orders_monitoring SET status = 'FAILED', updated_at = '2026-11-20 10:01Z' WHERE "
        "order_id = 'A';"
        "INSERT INTO fact_orders_monitoring (order_id, status, order_type, total_amount, updated_at) VALUES "
        "('N', 'PENDING', 'DELIVERY', 1, '2026-11-20 10:01Z')");

    std::vector<Order> rows = {MakeOrder("A", "COMPLETED", "10:02:00"),
                               MakeOrder("B", "COMPLETED", "10:02:00"),
                               MakeOrder("N", "COMPLETED", "10:02:00")};
    for (int i = 0; i < 50; ++i) rows.push_back(MakeOrder("C" + std::to_string(i), "PENDING", "10:02:00"));
    for (const std::int64_t fresh : {50, 0}) {  // the same page once more: still held, counted once
      const auto taken = store.Ingest(Page(rows), Step("10:02:00"));
      ASSERT_TRUE(taken) << taken.error().message;
      EXPECT_EQ(taken->inserted, fresh);
      EXPECT_EQ(taken->updated, fresh == 0 ? 0 : 1);
    }
    EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "52");
    EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "1");
    ASSERT_TRUE(store.View(At(kNow)));
    commits ? sleeping.commit() : sleeping.abort();

    // What waited comes along with the next page, though that has nothing to say of it.
    const auto rest = store.Ingest(Page({}), Step());
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(rest->inserted + rest->updated, 2);
    EXPECT_EQ(Tallies().at("o2o_orders_ingested_total DELIVERY"), "53");
    EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "3");
    EXPECT_EQ(Tallies().count("o2o_orders_failed_total DELIVERY,FAILED"), commits ? 1u : 0u);
    EXPECT_EQ(Value("SELECT count(*) FROM held_orders"), "0");
  }
}

TEST_F(ConcurrencyTest, AMergeThatStaysOpenDelaysItsOrdersOnly) {
  PgOrderStore store(Config(), UsualStatuses(), {"DELIVERY"});
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step("10:00:00")));
  pqxx::connection other(Dsn());
  pqxx::work sleeping(other);
  sleeping.exec(
      "SET LOCAL search_path = o2o, pg_temp; SELECT prepare_order_staging();"
      "INSERT INTO pg_temp.staged_orders VALUES ('A', NULL, NULL, 'COMPLETED', 'DELIVERY', 1, '2026-11-20 "
      "10:01Z');"
      "SELECT merge_staged_orders('2026-11-20 12:00Z')");
  const auto taken =
      store.Ingest(Page({MakeOrder("A", "CONFIRMED", "10:00:30"), MakeOrder("B", "COMPLETED", "10:02:00")}),
                   Step("10:02:00"));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->inserted, 1);
  sleeping.commit();
  ASSERT_TRUE(store.Ingest(Page({}), Step()));
  EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), "2");
  EXPECT_EQ(Value("SELECT status FROM fact_orders_monitoring WHERE order_id = 'A'"), "COMPLETED");
}

TEST_F(ConcurrencyTest, ANewWordInAnOpenTransactionStopsNobody) {
  PgOrderStore store(Config(), UsualStatuses(), {"DELIVERY"});
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step("10:00:00")));
  pqxx::connection other(Dsn());
  pqxx::work sleeping(other);
  sleeping.exec(
      "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('N', 'ODD', "
      "'drone', now())");
  Order order = MakeOrder("M", "PENDING", "10:01:00");
  order.order_type = "rocket";
  const auto taken = store.Ingest(Page({order, MakeOrder("B", "PENDING", "10:01:00")}), Step("10:01:00"));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->inserted, 2);
  sleeping.commit();
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "4");
  EXPECT_EQ(Value("SELECT order_type FROM fact_orders_monitoring WHERE order_id = 'M'"), "rocket");
}

TEST_F(ConcurrencyTest, EntriesOfTheTalliesAreFoldedWhateverIsOpen) {
  ASSERT_TRUE(PgOrderStore(Config(), UsualStatuses(), {"DELIVERY", "X"}).View(At(kNow)));
  pqxx::connection other(Dsn());
  pqxx::work sleeping(other);
  sleeping.exec(
      "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('open', "
      "'PENDING', 'X', now())");
  pqxx::connection reader(Dsn());
  pqxx::work looking(reader);
  looking.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  const std::string sum =
      "SELECT coalesce(sum(value), 0) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'";
  ASSERT_EQ(looking.exec(sum)[0][0].as<int>(), 0);
  pqxx::connection writer(Dsn());
  for (int i = 0; i < 3'500; ++i) {
    pqxx::work tx(writer);
    tx.exec("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('W" +
            std::to_string(i) + "', 'COMPLETED', 'DELIVERY', now())");
    tx.commit();
  }
  EXPECT_EQ(looking.exec(sum)[0][0].as<int>(), 0);
  EXPECT_EQ(Value(sum), "3500");
  EXPECT_LE(std::stoi(Value("SELECT count(*) FROM order_tally_entries")), 1'100);
  sleeping.commit();
  EXPECT_EQ(Value(sum), "3501");
}

TEST_F(ConcurrencyTest, AWriterWithASnapshotOfItsOwnLeavesFoldingToOthers) {
  ASSERT_TRUE(Store().Ingest(Page({MakeOrder("A", "PENDING", "10:00:00")}), Step()));
  pqxx::connection connection(Dsn());
  pqxx::work writer(connection);
  writer.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  ASSERT_EQ(writer.exec("SELECT count(*) FROM order_tally_entries")[0][0].as<int>(), 1);
  ASSERT_TRUE(Store().Ingest(Page({MakeOrder("B", "PENDING", "10:00:00")}), Step()));
  Sql("SELECT fold_order_tallies()");
  EXPECT_NO_THROW(writer.exec("SELECT fold_order_tallies()")) << "the entry that it sees is another one now";
  writer.exec(
      "INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('C', "
      "'PENDING', 'DELIVERY', now())");
  writer.commit();
  EXPECT_EQ(Value("SELECT sum(value) FROM order_tallies WHERE family = 'o2o_orders_ingested_total'"), "3");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
// What a page does to the database: rows, tallies, watermark.
#include <random>

#include "integration/store/store_fixture.h"

namespace o2o {
namespace {

using IngestTest = StoreTest;

TEST_F(IngestTest, NewOrdersAreKeptAndCounted) {
  PgOrderStore store = Store();
  Order full = MakeOrder("A", "PENDING", "10:00:00.123456", "12345678901234567890.10");
  full.customer_id = "C1";
  full.customer_name = "Nguyễn Văn A";
  full.item_name = "Phở";
  full.item_detail = R"({"qty": 2})";
  const auto result =
      store.Ingest(Page({full, MakeOrder("B", "COMPLETED", "10:00:01", "0.30")}), Step("10:00:01"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->inserted, 2);
  EXPECT_EQ(
      Value("SELECT concat_ws('|', order_id, customer_id, customer_name, status, order_type, total_amount, "
            "updated_at, item_name, item_detail, first_status, open) FROM fact_orders_monitoring WHERE "
            "order_id = 'A'"),
      "A|C1|Nguyễn Văn A|PENDING|DELIVERY|12345678901234567890.10|2026-11-20 "
      "10:00:00.123456+00|Phở|{\"qty\": 2}"
      "|PENDING|t");
  EXPECT_EQ(Tallies(),
            (std::map<std::string, std::string>{{"o2o_orders_ingested_total DELIVERY", "2"},
                                                {"o2o_orders_completed_total DELIVERY", "1"},
                                                {"o2o_orders_completed_amount_total DELIVERY", "0.30"}}));
  EXPECT_EQ(store.QueryWatermark("orders").value()->at, At("2026-11-20T10:00:01Z"));
}

TEST_F(IngestTest, HowFarACatchUpHasGotIsKeptAndForgottenAndMovesNoWatermark) {
  PgOrderStore store = Store();
  EXPECT_FALSE(store.QueryCatchUpMark("orders").value());
  ASSERT_TRUE(store.KeepCatchUpMark(
      "orders", CatchUpMark{At("2026-11-20T09:00:00.000001Z"), At("2026-11-20T10:00:00Z")}));
  EXPECT_FALSE(store.QueryWatermark("orders").value());
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:01")}), Step("10:00:01")));
  ASSERT_TRUE(
      store.KeepCatchUpMark("orders", CatchUpMark{At("2026-11-20T07:00:00Z"), At("2026-11-20T10:00:00Z")}));
  const auto mark = store.QueryCatchUpMark("orders").value();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->from, At("2026-11-20T07:00:00Z"));
  EXPECT_EQ(mark->to, At("2026-11-20T10:00:00Z"));
  EXPECT_FALSE(store.QueryCatchUpMark("other").value());
  ASSERT_TRUE(store.KeepCatchUpMark("orders", std::nullopt));
  EXPECT_FALSE(store.QueryCatchUpMark("orders").value());
  EXPECT_EQ(store.QueryWatermark("orders").value()->at, At("2026-11-20T10:00:01Z"));
}

TEST_F(IngestTest, AnOrderCountsOnceOnItsWholeWay) {
  PgOrderStore store = Store();
  const std::vector<std::vector<Order>> pages = {
      {MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("B", "PENDING", "10:00:00")},
      {MakeOrder("A", "COMPLETED", "10:05:00", "19.90"), MakeOrder("B", "FAILED", "10:01:00")},
      {MakeOrder("A", "CANCELLED", "10:06:00", "30.00"), MakeOrder("B", "PENDING", "10:02:00")},
      {MakeOrder("A", "COMPLETED", "10:07:00", "50.00"), MakeOrder("B", "FAILED", "10:03:00")},
      {MakeOrder("A", "COMPLETED", "10:08:00", "60.00"), MakeOrder("B", "CANCELLED", "10:04:00.000001")},
  };
  for (const auto& page : pages) {
    ASSERT_TRUE(store.Ingest(Page(page), Step()));
    ASSERT_TRUE(store.Ingest(Page(page), Step()));      // the same again
    ASSERT_TRUE(store.Ingest(Page(pages[0]), Step()));  // and an old one
  }
  EXPECT_EQ(Tallies(),
            (std::map<std::string, std::string>{
                {"o2o_orders_ingested_total DELIVERY", "2"},
                {"o2o_orders_completed_total DELIVERY", "1"},
                {"o2o_orders_completed_amount_total DELIVERY", "19.90"},
                {"o2o_orders_failed_total DELIVERY,CANCELLED", "2"},
                {"o2o_orders_failed_total DELIVERY,FAILED", "1"},
                {"o2o_order_transitions_total PENDING,COMPLETED", "1"},
                {"o2o_order_transitions_total COMPLETED,CANCELLED", "1"},
                {"o2o_order_transitions_total CANCELLED,COMPLETED", "1"},
                {"o2o_order_transitions_total PENDING,FAILED", "2"},
                {"o2o_order_transitions_total FAILED,PENDING", "1"},
                {"o2o_order_transitions_total FAILED,CANCELLED", "1"},
                // A: 300 s to completed, 360 s to cancelled; B: 60 s to failed, 240.000001 s to cancelled.
                {"o2o_order_duration_seconds_bucket DELIVERY,completed,300", "1"},
                {"o2o_order_duration_seconds_sum DELIVERY,completed", "300.000000"},
                {"o2o_order_duration_seconds_bucket DELIVERY,failed,60", "1"},
                {"o2o_order_duration_seconds_bucket DELIVERY,failed,300", "1"},
                {"o2o_order_duration_seconds_bucket DELIVERY,failed,600", "1"},
                {"o2o_order_duration_seconds_sum DELIVERY,failed", "660.000001"},
            }));
  EXPECT_EQ(Value("SELECT string_agg(concat(from_status, '>', to_status), ' ' ORDER BY changed_at) "
                  "FROM order_status_history WHERE order_id = 'A'"),
            ">PENDING PENDING>COMPLETED COMPLETED>CANCELLED CANCELLED>COMPLETED");
}

TEST_F(IngestTest, LongDurationsFallIntoTheLastBucketAndFinalFirstSightHasNone) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(
      Page({MakeOrder("A", "PENDING", "00:00:00"), MakeOrder("B", "COMPLETED", "00:00:00")}), Step()));
  Order next_day = MakeOrder("A", "COMPLETED", "00:00:00");
  next_day.updated_at += std::chrono::hours(30);
  IngestStep step = Step();
  step.oms_now += std::chrono::hours(48);
  ASSERT_TRUE(store.Ingest(Page({next_day, MakeOrder("B", "CANCELLED", "00:05:00")}), step));
  const auto tallies = Tallies();
  EXPECT_EQ(tallies.at("o2o_order_duration_seconds_bucket DELIVERY,completed,+Inf"), "1");
  EXPECT_EQ(tallies.at("o2o_order_duration_seconds_sum DELIVERY,completed"), "108000.000000");
  EXPECT_EQ(tallies.count("o2o_order_duration_seconds_sum DELIVERY,failed"), 0u);
  EXPECT_EQ(tallies.at("o2o_orders_failed_total DELIVERY,CANCELLED"), "1");
}

TEST_F(IngestTest, OlderRowsAndRowsFurtherUpTheListAreStale) {
  PgOrderStore store = Store();
  ASSERT_TRUE(
      store.Ingest(Page({MakeOrder("A", "DELIVERING", "10:00:00"), MakeOrder("B", "COMPLETED", "10:00:00"),
                         MakeOrder("C", "SHIPPED", "10:00:00")}),
                   Step()));
  const auto result = store.Ingest(
      Page({MakeOrder("A", "PREPARING", "10:00:00"),       // same time, earlier status
            MakeOrder("B", "PENDING", "09:59:59.999999"),  // older
            MakeOrder("C", "DELIVERING", "10:00:00")}),    // an unknown status ranks after the open ones
      Step());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stale, 3);
  EXPECT_EQ(result->updated, 0);
  const auto later = store.Ingest(
      Page({MakeOrder("A", "COMPLETED", "10:00:00"), MakeOrder("C", "FAILED", "10:00:00")}), Step());
  ASSERT_TRUE(later);
  EXPECT_EQ(later->updated, 2);
  EXPECT_EQ(Value("SELECT string_agg(status, ',' ORDER BY order_id) FROM fact_orders_monitoring"),
            "COMPLETED,COMPLETED,FAILED");
}

TEST_F(IngestTest, ARowThatChangesWithoutANewTimeIsTaken) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00", "5.00")}), Step()));
  EXPECT_EQ(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00", "5.0")}), Step())->unchanged, 1);
  EXPECT_EQ(store.Ingest(Page({MakeOrder("A", "PENDING", "10:00:00", "6.00")}), Step())->updated, 1);
  EXPECT_EQ(Value("SELECT total_amount FROM fact_orders_monitoring"), "6.00");
}

TEST_F(IngestTest, OfOneOrdersRowsInAPageTheNewestStays) {
  PgOrderStore store = Store();
  const auto result = store.Ingest(
      Page({MakeOrder("A", "CONFIRMED", "10:01:00"), MakeOrder("A", "COMPLETED", "10:02:00", "7.77"),
            MakeOrder("A", "PENDING", "10:00:00"), MakeOrder("A", "COMPLETED", "10:02:00", "7.77")}),
      Step());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->inserted, 1);
  EXPECT_EQ(result->stale, 2);
  EXPECT_EQ(result->unchanged, 1);
  EXPECT_EQ(Tallies().at("o2o_orders_completed_amount_total DELIVERY"), "7.77");
}

TEST_F(IngestTest, ARowFromTheFutureGivesWay) {
  PgOrderStore store = Store();
  ASSERT_TRUE(
      store.Ingest(Page({MakeOrder("A", "PENDING", "23:00:00"), MakeOrder("B", "PENDING", "12:00:59")}),
                   Step("23:00:00")));
  EXPECT_FALSE(store.QueryWatermark("orders").value()) << "a watermark beyond the OMS's clock was taken";
  const auto result =
      store.Ingest(Page({MakeOrder("A", "CONFIRMED", "11:00:00"), MakeOrder("B", "CONFIRMED", "11:00:00")}),
                   Step("11:00:00"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->updated, 1);
  EXPECT_EQ(result->stale, 1) << "B lies within the tolerance and is not bogus";
  EXPECT_EQ(Value("SELECT concat(status, ' ', updated_at, ' ', status_since) FROM fact_orders_monitoring "
                  "WHERE order_id = 'A'"),
            "CONFIRMED 2026-11-20 11:00:00+00 2026-11-20 11:00:00+00");
}

// After the OMS's clock was set back, what it dated before lies in the future and is right all the same.
TEST_F(IngestTest, AnOldRowShownAgainDoesNotReplaceOneFromTheFuture) {
  PgOrderStore store = Store();
  const Order completed = MakeOrder("A", "COMPLETED", "23:00:00", "5");
  const Order old = MakeOrder("A", "PENDING", "11:00:00");
  ASSERT_TRUE(store.Ingest(Page({completed}), Step()));
  for (const auto& rows : {std::vector<Order>{old}, {old, completed}, {completed, old}}) {
    const auto result = store.Ingest(Page(rows), Step());
    ASSERT_TRUE(result);
    EXPECT_EQ(result->updated, 0);
    EXPECT_EQ(Value("SELECT status FROM fact_orders_monitoring"), "COMPLETED");
  }
}

TEST_F(IngestTest, TheWatermarkMovesForwardOnlyAndAGapCountsOnce) {
  PgOrderStore store = Store();
  EXPECT_FALSE(store.QueryWatermark("orders").value());
  ASSERT_TRUE(store.Ingest(Page({}), Step("10:00:00")));
  ASSERT_TRUE(store.Ingest(Page({}), Step("09:00:00")));
  EXPECT_EQ(store.QueryWatermark("orders").value()->at, At("2026-11-20T10:00:00Z"));
  IngestStep gap = Step("10:30:00");
  gap.gap = true;
  ASSERT_TRUE(store.Ingest(Page({}), gap));
  ASSERT_TRUE(store.Ingest(Page({}), gap));  // repeated, as after a lost commit answer
  ASSERT_TRUE(store.Ingest(Page({}), Step()));
  EXPECT_EQ(store.QueryWatermark("orders").value()->at, At("2026-11-20T10:30:00Z"));
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->gaps, (std::map<std::string, std::int64_t>{{"orders", 1}}));
  EXPECT_FALSE(store.QueryWatermark("another").value());
}

TEST_F(IngestTest, TheWatermarkComesBackWithTheDateThatMovedItAndItsAge) {
  PgOrderStore store = Store();
  IngestStep step = Step("10:00:00");
  step.oms_date = At("2026-11-20T10:00:07Z");
  ASSERT_TRUE(store.Ingest(Page({}), step));
  Sql("UPDATE ingest_sources SET moved_at = moved_at - interval '2 hours'");
  const Watermark watermark = store.QueryWatermark("orders").value().value();
  EXPECT_EQ(watermark.at, At("2026-11-20T10:00:00Z"));
  EXPECT_EQ(watermark.oms_date, At("2026-11-20T10:00:07Z"));
  EXPECT_GE(watermark.age, std::chrono::hours(2));
  EXPECT_LT(watermark.age, std::chrono::hours(3));

  Sql("UPDATE ingest_sources SET moved_at = moved_at + interval '1 day'");  // the database's clock was set
                                                                            // back
  EXPECT_EQ(store.QueryWatermark("orders").value().value().age, std::chrono::hours(0));
  step = Step("10:30:00");  // of an answer without a Date
  ASSERT_TRUE(store.Ingest(Page({}), step));
  EXPECT_FALSE(store.QueryWatermark("orders").value().value().oms_date);
}

TEST_F(IngestTest, TheWatermarkFollowsAClockThatWasSetBack) {
  PgOrderStore store = Store();
  const auto watermark = [&] { return store.QueryWatermark("orders").value().value().at; };
  IngestStep before = Step("11:00:00");
  before.oms_date = At("2026-11-20T11:00:00Z");
  ASSERT_TRUE(store.Ingest(Page({}), before));
  IngestStep after = Step("10:10:00");
  after.oms_date = At("2026-11-20T10:10:00Z");
  ASSERT_TRUE(store.Ingest(Page({}), after));
  EXPECT_EQ(watermark(), *before.newest) << "an old page proves nothing";
  after.set_back_from = before.newest;
  after.gap = true;
  ASSERT_TRUE(store.Ingest(Page({}), after));
  ASSERT_TRUE(store.Ingest(Page({}), after));  // repeated, as after a lost commit answer
  EXPECT_EQ(watermark(), *after.newest);
  EXPECT_EQ(store.View(At(kNow)).value().gaps.at("orders"), 1);
}

// Two replicas see the clock set back, and one of them stores its page late.
TEST_F(IngestTest, AWatermarkThatMovedOnSinceTheClockWasSetBackDoesNotGoBackAgain) {
  PgOrderStore store = Store();
  ASSERT_TRUE(store.Ingest(Page({}), Step("11:00:00")));
  IngestStep late = Step("10:10:00");
  late.set_back_from = At("2026-11-20T11:00:00Z");
  IngestStep soon = late;
  soon.newest = At("2026-11-20T10:12:00Z");
  ASSERT_TRUE(store.Ingest(Page({}), soon));
  ASSERT_TRUE(store.Ingest(Page({}), late));
  EXPECT_EQ(store.QueryWatermark("orders").value().value().at, *soon.newest);
}

// --- advance_watermark itself, as a batch job would call it ---

class AdvanceWatermarkTest : public IngestTest {
 protected:
  AdvanceWatermarkTest() { MakeSchema(); }

  void Advance(const std::string& newest, const std::string& date, const std::string& set_back_from,
               bool gap) {
    Sql("SELECT advance_watermark('orders', " + newest + ", " + date + ", '2026-11-20 12:00Z', " +
        set_back_from + ", " + (gap ? "true" : "false") + ")");
  }
  // hh:mm of watermark and date, gaps.
  std::string Watermark() {
    return Value(
        "SELECT concat_ws(' ', to_char(watermark, 'HH24:MI'), to_char(oms_date, 'HH24:MI'), gaps) "
        "FROM ingest_sources WHERE source = 'orders'");
  }
  std::string Row() { return Value("SELECT concat(xmin, ' ', xmax, ' ', ctid) FROM ingest_sources"); }
};

TEST_F(AdvanceWatermarkTest, MovesForwardWithItsDate) {
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:01Z'", "NULL", false);
  EXPECT_EQ(Watermark(), "10:00 10:01 0");
  Advance("'2026-11-20 10:30Z'", "'2026-11-20 10:31Z'", "NULL", true);
  EXPECT_EQ(Watermark(), "10:30 10:31 1");
}

TEST_F(AdvanceWatermarkTest, WhatDoesNotMoveItWritesNothing) {
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:01Z'", "NULL", false);
  const std::string row = Row();
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:05Z'", "NULL", true);  // as new, later
  Advance("'2026-11-20 09:00Z'", "'2026-11-20 10:05Z'", "NULL", true);  // older
  Advance("'2026-11-20 09:00Z'", "NULL", "'2026-11-20 09:30Z'", true);  // set back, but from elsewhere
  Advance("'2026-11-20 12:01:01Z'", "NULL", "NULL", false);             // of the future
  Advance("NULL", "'2026-11-20 10:05Z'", "NULL", false);                // nothing shown
  EXPECT_EQ(Row(), row);
  EXPECT_EQ(Watermark(), "10:00 10:01 0");
}

TEST_F(AdvanceWatermarkTest, AMinuteBeyondTheClockIsStillThePresent) {
  Advance("'2026-11-20 12:01Z'", "NULL", "NULL", false);
  EXPECT_EQ(Watermark(), "12:01 0");
}

TEST_F(AdvanceWatermarkTest, GoesBackOnceFromWhereTheClockWasSetBack) {
  Advance("'2026-11-20 11:00Z'", "'2026-11-20 11:00Z'", "NULL", false);
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:01Z'", "'2026-11-20 11:00Z'", true);
  EXPECT_EQ(Watermark(), "10:00 10:01 1");
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:01Z'", "'2026-11-20 11:00Z'", true);
  EXPECT_EQ(Watermark(), "10:00 10:01 1") << "repeated";
}

// The newest row is the one that the watermark was set by: only the date is news, once.
TEST_F(AdvanceWatermarkTest, TheClockWasSetBackAndNothingCameSince) {
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 11:00Z'", "NULL", false);
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:30Z'", "'2026-11-20 10:00Z'", true);
  EXPECT_EQ(Watermark(), "10:00 10:30 1");
  const std::string row = Row();
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:30Z'", "'2026-11-20 10:00Z'", true);
  EXPECT_EQ(Row(), row);
}

TEST_F(AdvanceWatermarkTest, AGapOfWhichNothingOfThePresentIsSeenCountsEachTime) {
  Advance("NULL", "'2026-11-20 10:30Z'", "NULL", true);
  EXPECT_EQ(Watermark(), "1") << "also before the first watermark";
  Advance("'2026-11-20 10:00Z'", "'2026-11-20 10:01Z'", "NULL", false);
  Advance("'2026-11-21 10:00Z'", "NULL", "NULL", true);
  EXPECT_EQ(Watermark(), "10:00 10:01 2");
}

TEST_F(IngestTest, AnUnchangedPageWritesNothing) {
  PgOrderStore store = Store();
  std::vector<Order> orders;
  for (int i = 0; i < 500; ++i) orders.push_back(MakeOrder("A" + std::to_string(i), "PENDING", "10:00:00"));
  OrderPage page = Page(orders);
  page.rejected.push_back({RejectReason::kBadAmount, "total_amount: 'abc'", "{}"});
  ASSERT_TRUE(store.Ingest(page, Step("10:00:00")));
  const std::string versions =
      "SELECT md5(string_agg(t, ';' ORDER BY t)) FROM ("
      "SELECT concat('f', order_id, xmin, xmax, ctid) t FROM fact_orders_monitoring UNION ALL "
      "SELECT concat('t', family, labels, xmin, xmax, ctid) FROM order_tally_entries UNION ALL "
      "SELECT concat('r', reason, xmin, xmax, ctid) FROM rejected_orders UNION ALL "
      "SELECT concat('s', source, xmin, xmax, ctid) FROM ingest_sources) v";
  const std::string before = Value(versions);
  const std::string lsn = Value("SELECT pg_current_wal_insert_lsn()");
  const auto result = store.Ingest(page, Step("10:00:00"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->unchanged, 500);
  EXPECT_EQ(result->rejected, 0);
  EXPECT_EQ(Value(versions), before);
  EXPECT_LT(std::stol(Value("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + lsn + "')::bigint")),
            4096);
}

// Right after a vacuum PostgreSQL believes that an empty table stays empty, and would read it whole for each
// new row.
TEST_F(IngestTest, AFirstPageReadsTheTableByItsIndexOnly) {
  constexpr int kOrders = 10'000;
  {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.QueryWatermark("orders"));
    Sql("VACUUM ANALYZE fact_orders_monitoring");
    std::vector<Order> orders;
    for (int i = 0; i < kOrders; ++i)
      orders.push_back(MakeOrder("V" + std::to_string(i), "PENDING", "11:00:00"));
    ASSERT_TRUE(store.Ingest(Page(std::move(orders)), Step()));
  }
  const auto statistic = [this](const std::string& column) {
    return std::stoll(Value("SELECT " + column +
                            " FROM pg_stat_user_tables JOIN pg_statio_user_tables USING (relid) "
                            "WHERE pg_stat_user_tables.relname = 'fact_orders_monitoring'"));
  };
  // The session publishes its statistics when it ends, which takes a moment.
  for (int wait = 0; wait < 100 && statistic("n_tup_ins") < kOrders; ++wait) Sql("SELECT pg_sleep(0.1)");
  ASSERT_EQ(statistic("n_tup_ins"), kOrders);
  EXPECT_LE(statistic("heap_blks_read + heap_blks_hit"), 10 * kOrders);
}

TEST_F(IngestTest, OddTextSurvives) {
  PgOrderStore store = Store();
  const std::string odd = "tab\there \\N \\. back\\slash\nnew\r\nline 'quote' \"double\" \x01 🍜 \\t";
  Order order = MakeOrder("id\t\\1", "PEN\\DING", "10:00:00");
  order.order_type = "";
  order.customer_id = "\\N";
  order.customer_name = "";
  order.item_name = odd;
  order.item_detail = std::string("nul\0byte and \xff", 14);
  order.total_amount.reset();
  ASSERT_TRUE(store.Ingest(Page({order}), Step()));
  EXPECT_EQ(Value("SELECT order_id FROM fact_orders_monitoring"), order.order_id);
  EXPECT_EQ(Value("SELECT status FROM fact_orders_monitoring"), order.status);
  EXPECT_EQ(Value("SELECT customer_id FROM fact_orders_monitoring"), "\\N");
  EXPECT_EQ(Value("SELECT customer_name IS NOT NULL AND total_amount IS NULL FROM fact_orders_monitoring"),
            "t");
  EXPECT_EQ(Value("SELECT item_name FROM fact_orders_monitoring"), odd);
  EXPECT_EQ(Value("SELECT item_detail FROM fact_orders_monitoring"),
            "nul\xEF\xBF\xBD"
            "byte and \xEF\xBF\xBD");
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view);
  ASSERT_EQ(view->open_orders.size(), 1u);
  EXPECT_EQ(view->open_orders[0].status, order.status);
}

TEST_F(IngestTest, TheViewShowsOpenDelayedAndNewest) {
  PgOrderStore store = Store();
  ASSERT_TRUE(
      store.Ingest(Page({MakeOrder("A", "PENDING", "11:00:00"), MakeOrder("B", "PENDING", "11:49:59"),
                         MakeOrder("C", "PENDING", "11:50:00"), MakeOrder("D", "DELIVERING", "01:00:00"),
                         MakeOrder("E", "SHIPPED", "11:00:00"), MakeOrder("F", "COMPLETED", "11:55:00"),
                         MakeOrder("G", "FAILED", "18:00:00")}),
                   Step("11:55:00")));
  // A moves on without a new status: it is in PENDING since 11:00 all the same.
  ASSERT_TRUE(store.Ingest(Page({MakeOrder("A", "PENDING", "11:58:00")}), Step("11:58:00")));
  Sql("INSERT INTO batch_jobs VALUES ('reconcile', '2026-11-20 02:00:00+00', 12.5, false), ('new', NULL, "
      "NULL, true)");
  const auto view = store.View(At(kNow));
  ASSERT_TRUE(view) << view.error().message;
  std::map<std::string, std::string> open;
  for (const OpenOrders& o : view->open_orders) {
    open[o.order_type + " " + o.status] =
        std::to_string(o.open) + " " + std::to_string(o.delayed) + " " + FormatTime(o.oldest_since);
  }
  EXPECT_EQ(open, (std::map<std::string, std::string>{{"DELIVERY PENDING", "3 2 2026-11-20T11:00:00Z"},
                                                      {"DELIVERY DELIVERING", "1 0 2026-11-20T01:00:00Z"},
                                                      {"DELIVERY SHIPPED", "1 0 2026-11-20T11:00:00Z"}}));
  EXPECT_EQ(view->newest_order, At("2026-11-20T11:58:00Z")) << "the row from the future is not the newest";
  EXPECT_EQ(view->watermarks.at("orders"), At("2026-11-20T11:58:00Z"));
  ASSERT_EQ(view->batch_jobs.size(), 2u);
  EXPECT_EQ(view->batch_jobs.at("reconcile").last_success, At("2026-11-20T02:00:00Z"));
  EXPECT_EQ(view->batch_jobs.at("reconcile").duration_seconds, 12.5);
  EXPECT_FALSE(view->batch_jobs.at("reconcile").failed);
  EXPECT_EQ(view->batch_jobs.at("new").last_success, std::nullopt);
  EXPECT_EQ(view->batch_jobs.at("new").duration_seconds, std::nullopt);
  EXPECT_TRUE(view->batch_jobs.at("new").failed);
  EXPECT_EQ(view->duration_buckets.size(), 14u);
  EXPECT_EQ(view->duration_buckets.front(), 60);
  const auto tally = std::find_if(view->tallies.begin(), view->tallies.end(),
                                  [](const Tally& t) { return t.family == "o2o_orders_failed_total"; });
  ASSERT_NE(tally, view->tallies.end());
  EXPECT_EQ(tally->labels, (std::vector<std::string>{"DELIVERY", "FAILED"}));
  EXPECT_EQ(tally->value, "1");
}

TEST_F(IngestTest, AnyOrderOfPagesEndsInTheSameState) {
  // Every order goes through its statuses with several of them at one time; pages overlap, repeat and come in
  // any order.
  std::mt19937 random(7);
  std::vector<Order> rows;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "O" + std::to_string(i);
    const char* last = i % 3 == 0 ? "COMPLETED" : i % 3 == 1 ? "CANCELLED" : "PREPARING";
    rows.push_back(MakeOrder(id, "PENDING", "10:00:00"));
    rows.push_back(MakeOrder(id, "CONFIRMED", "10:00:00"));
    rows.push_back(MakeOrder(id, last, i % 2 == 0 ? "10:00:00" : "10:10:00", "0.01"));
  }
  for (int round = 0; round < 5; ++round) {
    PgOrderStore store = Store();
    ASSERT_TRUE(store.View(At(kNow)));
    Sql("TRUNCATE fact_orders_monitoring, order_tally_entries, order_status_changes");
    std::vector<Order> delivery = rows;
    delivery.insert(delivery.end(), rows.begin(), rows.begin() + 300);
    std::shuffle(delivery.begin(), delivery.end(), random);
    for (std::size_t from = 0; from < delivery.size(); from += 37) {
      const std::size_t to = std::min(delivery.size(), from + 37);
      ASSERT_TRUE(store.Ingest(Page({delivery.begin() + from, delivery.begin() + to}), Step()));
    }
    const auto tallies = Tallies();
    EXPECT_EQ(tallies.at("o2o_orders_ingested_total DELIVERY"), "200");
    EXPECT_EQ(tallies.at("o2o_orders_completed_total DELIVERY"), "67");
    EXPECT_EQ(tallies.at("o2o_orders_completed_amount_total DELIVERY"), "0.67");
    EXPECT_EQ(tallies.at("o2o_orders_failed_total DELIVERY,CANCELLED"), "67");
    EXPECT_EQ(Value("SELECT count(*) FROM open_orders WHERE status = 'PREPARING'"), "66");
    EXPECT_EQ(Value("SELECT count(*) FROM open_orders"), "66");
  }
}

}  // namespace
}  // namespace o2o

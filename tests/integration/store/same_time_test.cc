// SPDX-License-Identifier: Apache-2.0
// Statuses of one order with one updated_at: what is newer, whatever the sequence in which pages are stored.
#include <algorithm>
#include <set>

#include "integration/store/store_fixture.h"
#include "orders/order_limits.h"
#include "store/newest_rows.h"

namespace o2o {
namespace {

class SameTimeTest : public StoreTest {
 protected:
  // A page with order A in that status, answered at that time of the OMS's clock.
  void Answer(const std::string& status, const std::string& answered_at,
              const std::string& amount = "10.00") {
    IngestStep step = Step();
    step.answered_at = At("2026-11-20T" + answered_at + "Z");
    ASSERT_TRUE(store_.Ingest(Page({MakeOrder("A", status, "10:00:00", amount)}), step));
  }
  static std::string Micros(Timestamp at) { return std::to_string(at.time_since_epoch().count()); }
  std::string Status() { return Value("SELECT status FROM fact_orders_monitoring"); }

  PgOrderStore store_ = Store();
};

TEST_F(SameTimeTest, ARefundThatComesLaterIsTakenConfiguredOrNot) {
  MakeSchema();
  int completed = 0;
  for (const char* refund : {"REFUNDED", "CANCELLED"}) {
    SCOPED_TRACE(refund);
    Sql("TRUNCATE fact_orders_monitoring");
    Answer("COMPLETED", "10:00:10");
    Answer(refund, "10:05:00");
    EXPECT_EQ(Status(), refund);
    EXPECT_EQ(Tallies().at("o2o_order_transitions_total COMPLETED," + std::string(refund)), "1");
    Answer("COMPLETED", "10:00:10");  // an old page, stored late or once more
    EXPECT_EQ(Status(), refund);
    Answer("COMPLETED", "10:06:00");
    EXPECT_EQ(Status(), "COMPLETED") << "the OMS says so";
    EXPECT_EQ(Tallies().at("o2o_orders_completed_total DELIVERY"), std::to_string(++completed));
  }
}

TEST_F(SameTimeTest, AnEarlierStatusOfTheConfiguredOrderIsAnOldRowWheneverItComes) {
  Answer("DELIVERING", "10:00:10");
  Answer("PENDING", "10:05:00");
  EXPECT_EQ(Status(), "DELIVERING");
  Answer("COMPLETED", "10:00:05");
  EXPECT_EQ(Status(), "COMPLETED") << "a final one is newer than any before it";
  Answer("DELIVERING", "10:06:00");
  EXPECT_EQ(Status(), "COMPLETED");
}

TEST_F(SameTimeTest, AnUnknownStatusOnTheWayGivesWayToAFinalOne) {
  Answer("PACKED", "10:00:10");
  Answer("COMPLETED", "10:00:25");
  EXPECT_EQ(Status(), "COMPLETED");
  Answer("PACKED", "10:00:10");
  EXPECT_EQ(Status(), "COMPLETED");
}

TEST_F(SameTimeTest, InOneSecondTheRankDecides) {
  Answer("FAILED", "10:00:10");
  Answer("COMPLETED", "10:00:10");
  Answer("REFUNDED", "10:00:10");
  EXPECT_EQ(Status(), "FAILED");
}

TEST_F(SameTimeTest, AnOldPageDoesNotBringOtherOldValuesBack) {
  Answer("COMPLETED", "10:00:10", "5.00");
  Answer("COMPLETED", "10:05:00", "6.00");
  Answer("COMPLETED", "10:00:10", "5.00");
  EXPECT_EQ(Value("SELECT total_amount FROM fact_orders_monitoring"), "6.00");
}

// What was shown before the OMS's clock was set back seems to have been shown in the future.
TEST_F(SameTimeTest, AClockThatWasSetBackHidesNoLaterStatus) {
  Answer("COMPLETED", "13:00:00");  // an hour beyond its now
  Answer("CANCELLED", "11:59:00");
  EXPECT_EQ(Status(), "CANCELLED");
}

TEST_F(SameTimeTest, OverARowOfAnotherWriterALaterStatusIsTaken) {
  MakeSchema();
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES ('A', "
      "'CANCELLED', 'DELIVERY', "
      "'2026-11-20 10:00Z')");
  Answer("COMPLETED", "10:05:00");
  EXPECT_EQ(Status(), "COMPLETED");
}

// Three answers, stored in any sequence by any number of replicas, one of them twice: the same order.
TEST_F(SameTimeTest, TheSequenceOfStoringDoesNotMatter) {
  const std::vector<std::string> statuses = {"PENDING", "PACKED", "COMPLETED", "FAILED"};
  MakeSchema();
  for (const std::string& first : statuses) {
    for (const std::string& second : statuses) {
      for (const std::string& third : statuses) {
        if (first == second || second == third || first == third) continue;
        std::set<std::string> ends;
        std::vector<int> sequence = {0, 1, 2};
        do {
          Sql("TRUNCATE fact_orders_monitoring");
          for (const int answer : {sequence[0], sequence[1], sequence[2], sequence[0]}) {
            Answer(answer == 0 ? first : answer == 1 ? second : third, "10:00:0" + std::to_string(answer));
          }
          ends.insert(Status());
        } while (std::next_permutation(sequence.begin(), sequence.end()));
        EXPECT_EQ(ends.size(), 1u) << first << ", " << second << ", " << third;
      }
    }
  }
}

// The rule is written twice: in C++ for the rows of one page, in SQL for a row and the stored one. Any two
// rows of one order end alike in one page and in two pages of the same second.
TEST_F(SameTimeTest, TwoRowsInOnePageEndAsInTwoPages) {
  const Timestamp now = At(kNow);
  const auto is_future = [&](Timestamp at) { return at > now + kFutureTolerance; };
  const std::vector<Timestamp> times = {now - kFutureTolerance, now, now + kFutureTolerance,
                                        now + kFutureTolerance + std::chrono::microseconds(1),
                                        now + 2 * kFutureTolerance};
  const std::vector<std::string> statuses = {"PENDING", "DELIVERING", "PACKED",
                                             "SENT",    "COMPLETED",  "CANCELLED"};
  std::vector<Order> firsts, seconds;
  std::string expected;
  for (std::size_t pair = 0; pair < times.size() * times.size() * statuses.size() * statuses.size(); ++pair) {
    std::size_t choice = pair;
    const auto choose = [&choice](const auto& among) {
      const auto& chosen = among[choice % among.size()];
      choice /= among.size();
      return chosen;
    };
    const std::string id = "A" + std::to_string(1000 + pair);
    std::vector<Order> page;
    for (int row = 0; row < 2; ++row) {
      page.push_back(MakeOrder(id, choose(statuses), "10:00:00"));
      page.back().updated_at = choose(times);
    }
    // Alone on a page, a row of the future is the order as the OMS shows it now.
    if (is_future(page[1].updated_at) && !is_future(page[0].updated_at)) continue;
    const NewestRows newest = PickNewestRows(page, UsualStatuses(), now);
    ASSERT_EQ(newest.rows.size(), 1u);
    expected += id + " " + newest.rows[0]->status + " " + Micros(newest.rows[0]->updated_at) + "\n";
    firsts.push_back(page[0]);
    seconds.push_back(page[1]);
  }
  ASSERT_TRUE(store_.Ingest(Page(std::move(firsts)), Step()));
  ASSERT_TRUE(store_.Ingest(Page(std::move(seconds)), Step()));
  EXPECT_EQ(Value("SELECT string_agg(order_id || ' ' || status || ' ' || (extract(epoch FROM updated_at) * "
                  "1000000)::bigint || E'\\n', '' ORDER BY order_id) FROM fact_orders_monitoring"),
            expected);
}

// --- words of other writers ---

TEST_F(SameTimeTest, WordsOfOtherWritersAreSpelledAsConfigured) {
  PgOrderStore store(Config(), UsualStatuses(), {"delivery"});
  ASSERT_TRUE(store.View(At(kNow)));
  Sql("INSERT INTO fact_orders_monitoring (order_id, status, order_type, updated_at) VALUES "
      "('A', ' completed', 'Delivery ', '2026-11-20 10:00Z'), ('B', 'Pending', 'DELIVERY', '2026-11-20 "
      "10:00Z'), "
      "('C', 'Odd', 'odd', '2026-11-20 10:00Z')");
  EXPECT_EQ(Value("SELECT string_agg(status || ' ' || order_type || ' ' || open, ',' ORDER BY order_id) FROM "
                  "fact_orders_monitoring"),
            "COMPLETED delivery false,PENDING delivery true,Odd odd true");
  Sql("UPDATE fact_orders_monitoring SET status = 'completed', updated_at = '2026-11-20 10:01Z' WHERE "
      "order_id = 'B'");
  const auto tallies = Tallies();
  EXPECT_EQ(tallies.at("o2o_orders_completed_total delivery"), "2");
  EXPECT_EQ(tallies.at("o2o_order_transitions_total PENDING,COMPLETED"), "1");
  Sql("UPDATE fact_orders_monitoring SET status = 'Completed', updated_at = '2026-11-20 10:02Z' WHERE "
      "order_id = 'B'");
  EXPECT_EQ(Tallies(), tallies) << "the same status, spelled otherwise";
  EXPECT_EQ(Value("SELECT status_since FROM fact_orders_monitoring WHERE order_id = 'B'"),
            "2026-11-20 10:01:00+00");
}

}  // namespace
}  // namespace o2o

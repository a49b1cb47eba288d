// SPDX-License-Identifier: Apache-2.0
#include "store/newest_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace o2o {
namespace {

constexpr std::chrono::seconds kNow{1'000'000};

Order Row(const std::string& id, const std::string& status, int seconds, const std::string& amount = "1") {
  Order order;
  order.order_id = id;
  order.status = status;
  order.total_amount = amount;
  order.updated_at = Timestamp(kNow + std::chrono::seconds(seconds));
  return order;
}

const std::vector<StatusRule> kStatuses = {
    {"OPEN", Outcome::kOpen, {}}, {"BUSY", Outcome::kOpen, {}}, {"DONE", Outcome::kCompleted, {}}};

// Which of two rows of one order stays: its place in the page.
int Winner(const Order& first, const Order& second) {
  const std::vector<Order> orders = {first, second};
  const NewestRows newest = PickNewestRows(orders, kStatuses, Timestamp(kNow));
  EXPECT_EQ(newest.rows.size(), 1u);
  return newest.rows[0] == &orders[0] ? 0 : 1;
}

TEST(NewestRowsTest, SortsByIdBytewise) {
  const std::vector<Order> orders = {Row("b", "OPEN", 0), Row("é", "OPEN", 0), Row("B", "OPEN", 0),
                                     Row("a10", "OPEN", 0), Row("a1", "OPEN", 0)};
  std::vector<std::string> ids;
  for (const Order* row : PickNewestRows(orders, kStatuses, Timestamp(kNow)).rows)
    ids.push_back(row->order_id);
  EXPECT_EQ(ids, (std::vector<std::string>{"B", "a1", "a10", "b", "é"}));
}

TEST(NewestRowsTest, SortsIdsThatDifferLateOrOnlyInLength) {
  std::vector<std::string> ids = {"ORD-2026-000000000000001x",
                                  "ORD-2026-000000000000001",
                                  "ORD-2026-0000000000000010",
                                  "ORD-2026-\xc3\xa9",
                                  "ORD-2026-",
                                  "ORD-2026-00000000",
                                  "ORD-2026-000000000000000002"};
  std::vector<Order> orders;
  for (const std::string& id : ids) orders.push_back(Row(id, "OPEN", 0));
  std::sort(ids.begin(), ids.end());
  std::vector<std::string> found;
  for (const Order* row : PickNewestRows(orders, kStatuses, Timestamp(kNow)).rows)
    found.push_back(row->order_id);
  EXPECT_EQ(found, ids);
}

TEST(NewestRowsTest, AnEmptyPageHasNone) {
  EXPECT_TRUE(PickNewestRows({}, kStatuses, Timestamp(kNow)).rows.empty());
}

// Ids that begin alike, end early, differ late, and hold any byte but zero.
TEST(NewestRowsTest, SortsAnyIdsBytewise) {
  for (const std::string common : {"", "ORD-2026-", "é"}) {
    std::vector<std::string> ids;
    for (const std::string tail :
         {"", "0", "1", "10", "01", "2\x80\x01", "3", "\x01", "\x7f", "\x80", "\xff", "\xff\x01", "\x01\xff",
          "00000000", "000000001", "000000002", "00000000\xff", "0000000\x80"}) {
      ids.push_back(common + tail);
    }
    std::vector<Order> orders;
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) orders.push_back(Row(*id, "OPEN", 0));
    std::sort(ids.begin(), ids.end());
    std::vector<std::string> sorted;
    for (const Order* row : PickNewestRows(orders, kStatuses, Timestamp(kNow)).rows)
      sorted.push_back(row->order_id);
    EXPECT_EQ(sorted, ids) << common;
  }
}

TEST(NewestRowsTest, LaterTimeThenLaterStatusThenLaterPlaceWins) {
  EXPECT_EQ(Winner(Row("a", "OPEN", -1), Row("a", "DONE", -2)), 0);
  EXPECT_EQ(Winner(Row("a", "DONE", -1), Row("a", "OPEN", -1)), 0);
  EXPECT_EQ(Winner(Row("a", "OPEN", -1), Row("a", "DONE", -1)), 1);
  EXPECT_EQ(Winner(Row("a", "OPEN", -1, "1"), Row("a", "OPEN", -1, "2")), 1);
  EXPECT_EQ(Winner(Row("a", "OPEN", -2), Row("a", "OPEN", -1)), 1);
}

TEST(NewestRowsTest, UnknownStatusesStandBetweenOpenAndFinal) {
  EXPECT_EQ(Winner(Row("a", "ODD", -1), Row("a", "BUSY", -1)), 0);
  EXPECT_EQ(Winner(Row("a", "ODD", -1), Row("a", "DONE", -1)), 1);
  EXPECT_EQ(Winner(Row("a", "ODD", -1), Row("a", "ODE", -1)), 1);
}

TEST(NewestRowsTest, AFutureRowGivesWayToAPresentOneThatIsAsFar) {
  EXPECT_EQ(Winner(Row("a", "OPEN", 61), Row("a", "OPEN", -500)), 1);
  EXPECT_EQ(Winner(Row("a", "OPEN", 61), Row("a", "DONE", -500)), 1);
  EXPECT_EQ(Winner(Row("a", "DONE", 61), Row("a", "OPEN", -500)), 0) << "an old row shown once more";
  EXPECT_EQ(Winner(Row("a", "OPEN", -500), Row("a", "OPEN", 61)), 0) << "and in the other sequence";
  EXPECT_EQ(Winner(Row("a", "DONE", -500), Row("a", "OPEN", 61)), 0);
  EXPECT_EQ(Winner(Row("a", "OPEN", -500), Row("a", "DONE", 61)), 1);
  EXPECT_EQ(Winner(Row("a", "OPEN", 60), Row("a", "OPEN", -500)), 0) << "within the tolerance";
  EXPECT_EQ(Winner(Row("a", "OPEN", -500), Row("a", "OPEN", 60)), 1);
  EXPECT_EQ(Winner(Row("a", "DONE", -500), Row("a", "OPEN", 60)), 1);
  EXPECT_EQ(Winner(Row("a", "OPEN", 100), Row("a", "OPEN", 200)), 1);
}

TEST(NewestRowsTest, CountsWhatWasLeftOut) {
  const std::vector<Order> orders = {Row("a", "OPEN", -3), Row("a", "BUSY", -2), Row("b", "OPEN", -1),
                                     Row("a", "BUSY", -2), Row("a", "OPEN", -4)};
  const NewestRows newest = PickNewestRows(orders, kStatuses, Timestamp(kNow));
  EXPECT_EQ(newest.rows.size(), 2u);
  EXPECT_EQ(newest.repeated, 1);
  EXPECT_EQ(newest.superseded, 2);
}

// More rows than a sort leaves in their sequence by itself.
TEST(NewestRowsTest, OfManyEqualRowsTheLastOfThePageStays) {
  std::vector<Order> orders;
  for (int i = 0; i < 100; ++i) {
    orders.push_back(Row(i % 2 ? "a" : "b", "OPEN", -1, std::to_string(i)));
  }
  const NewestRows newest = PickNewestRows(orders, kStatuses, Timestamp(kNow));
  ASSERT_EQ(newest.rows.size(), 2u);
  EXPECT_EQ(newest.rows[0]->total_amount, "99");
  EXPECT_EQ(newest.rows[1]->total_amount, "98");
}

}  // namespace
}  // namespace o2o

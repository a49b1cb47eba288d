// SPDX-License-Identifier: Apache-2.0
#include "app/order_words.h"

#include <gtest/gtest.h>

#include "unit/app/logged.h"

namespace o2o {
namespace {

const ConfiguredWords kWords({"PENDING", "done", "DONE", "wc-Failed", "ĐÃ GIAO"});

TEST(ConfiguredWordsTest, CaseAndOuterBlanksDoNotMatter) {
  for (const char* word : {"PENDING", "pending", "Pending", " PENDING", "pending\t\r\n"}) {
    ASSERT_NE(kWords.Find(word), nullptr) << word;
    EXPECT_EQ(*kWords.Find(word), "PENDING");
  }
  EXPECT_EQ(*kWords.Find("WC-FAILED"), "wc-Failed");
  EXPECT_EQ(*kWords.Find("ĐÃ giao"), "ĐÃ GIAO");
}

TEST(ConfiguredWordsTest, OfWordsThatDifferInCaseTheOneThatIsEqualThenTheFirst) {
  EXPECT_EQ(*kWords.Find("DONE"), "DONE");
  EXPECT_EQ(*kWords.Find("done"), "done");
  EXPECT_EQ(*kWords.Find("Done"), "done");
}

TEST(ConfiguredWordsTest, OtherWordsAreNotConfigured) {
  for (const char* word : {"", " ", "PEND ING", "PENDINGS", "wc_failed"})
    EXPECT_EQ(kWords.Find(word), nullptr) << word;
}

TEST(ConfiguredWordsTest, SuggestsTheNearestOrAll) {
  EXPECT_EQ(kWords.Suggest("Pendign"), "did you mean PENDING?");
  EXPECT_EQ(ConfiguredWords({"PENDING", "COMPLETED"}).Suggest("wc-completed"), "did you mean COMPLETED?");
  EXPECT_EQ(ConfiguredWords({"PENDING", "COMPLETED"}).Suggest("REFUNDED"), "configured: PENDING, COMPLETED");
}

class OrderWordsTest : public ::testing::Test {
 protected:
  static OrdersConfig Configuration() {
    return {{"delivery"}, {{"PENDING", Outcome::kOpen, {}}, {"COMPLETED", Outcome::kCompleted, {}}}};
  }

  // The warnings of a page with one order of that status and type.
  std::string Warnings(const std::string& status, const std::string& type = "delivery") {
    OrderPage page;
    page.orders.resize(1);
    page.orders[0].status = status;
    page.orders[0].order_type = type;
    const std::string logged = testing::Logged([&] { words_.Spell(page); });
    spelt_ = page.orders[0];
    return logged;
  }

  OrderWords words_{"orders", Configuration()};
  Order spelt_;
};

TEST_F(OrderWordsTest, ConfiguredWordsGetTheirSpellingAndNoWarning) {
  EXPECT_EQ(Warnings("completed", " Delivery"), "");
  EXPECT_EQ(spelt_.status, "COMPLETED");
  EXPECT_EQ(spelt_.order_type, "delivery");
}

TEST_F(OrderWordsTest, EachOtherWordIsWarnedOfOnceAndKeptAsItIs) {
  const std::string warning = Warnings("Complete");
  EXPECT_NE(warning.find("status=Complete"), std::string::npos) << warning;
  EXPECT_NE(warning.find("did you mean COMPLETED?"), std::string::npos) << warning;
  EXPECT_EQ(spelt_.status, "Complete");
  EXPECT_EQ(Warnings("Complete"), "");
  EXPECT_NE(Warnings("PENDING", "delivry").find("order_type=delivry"), std::string::npos);
  EXPECT_EQ(Warnings("PENDING", "delivry"), "");
}

TEST_F(OrderWordsTest, AnOrderWithoutATypeCausesNoWarning) { EXPECT_EQ(Warnings("PENDING", "unknown"), ""); }

TEST_F(OrderWordsTest, WithoutConfiguredTypesNoneIsMissing) {
  OrdersConfig orders = Configuration();
  orders.order_types.clear();
  OrderWords words("orders", orders);
  OrderPage page;
  page.orders.resize(1);
  page.orders[0].status = "PENDING";
  page.orders[0].order_type = "anything";
  ::testing::internal::CaptureStderr();
  words.Spell(page);
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(OrderWordsTest, WarningsHaveACeiling) {
  int lines = 0;
  for (int i = 0; i < 300; ++i) {
    for (const char c : Warnings("S" + std::to_string(i))) lines += c == '\n';
  }
  EXPECT_EQ(lines, 101) << "a hundred words, and that there are more";
}

TEST_F(OrderWordsTest, CountsOfOneWordAreAddedUp) {
  OrderPage page;
  page.status_counts = {{"COMPLETED", 1}, {"Completed", 2}, {" completed", 4}, {"ODD", 8}};
  words_.Spell(page);
  EXPECT_EQ(page.status_counts, (std::map<std::string, std::int64_t>{{"COMPLETED", 7}, {"ODD", 8}}));
}

}  // namespace
}  // namespace o2o

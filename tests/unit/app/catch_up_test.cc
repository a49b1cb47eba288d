// SPDX-License-Identifier: Apache-2.0
#include "app/catch_up.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/app/order_feed_fixture.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

TEST(CatchUpWindowsTest, EachIsFourTimesTheOneBeforeAndTheFirstAtLeastAnHour) {
  EXPECT_EQ(CatchUpWindows(24h), (std::vector{1.0 / 16, 1.0 / 4, 1.0}));
  EXPECT_EQ(CatchUpWindows(4h), (std::vector{1.0 / 4, 1.0}));
  EXPECT_EQ(CatchUpWindows(4h - 1ms), std::vector{1.0});
  EXPECT_EQ(CatchUpWindows(1s), std::vector{1.0});
  EXPECT_EQ(CatchUpWindows(-1s), std::vector{1.0});
  EXPECT_EQ(CatchUpWindows(366 * 24h).size(), 7u);
}

class CatchUpTest : public OrderFeedFixture {
 protected:
  Result<CaughtUp> Run(const CatchUpRange& range) {
    OrderFeed feed(options_, orders_, oms_, store_, clock_, offset_, health_, nullptr);
    oms_.asked.clear();
    return CatchUp(feed, store_, range, [this](const CatchUpStage& stage) { seen_.push_back(stage); }, {});
  }

  Result<CaughtUp> Run(Millis since) { return Run({.since = since, .from = {}, .to = {}}); }

  static std::string Message(const Result<CaughtUp>& result) {
    if (!result) return result.error().message;
    return result->missing ? result->missing->message : "none";
  }

  std::vector<std::int64_t> HoursAsked() const {
    std::vector<std::int64_t> hours;
    for (const OmsWindow& window : oms_.asked) hours.push_back(window.minutes / 60);
    return hours;
  }

  std::vector<CatchUpStage> seen_;
};

TEST_F(CatchUpTest, WindowsReachFurtherAndFurtherBackAndEachIsCommitted) {
  oms_.Put("minutes", kStart - 10min);
  oms_.Put("hours", kStart - 5h);
  oms_.Put("day", kStart - 20h);
  const auto result = Run(24h);
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(HoursAsked(), (std::vector<std::int64_t>{1, 6, 24}));
  EXPECT_EQ(store_.ingests, 3);
  EXPECT_EQ(result->rows.inserted, 3);
  EXPECT_EQ(result->rows.updated, 0) << "what a window showed is not stored again";
  EXPECT_EQ(result->back_to, kStart - 24h);
  EXPECT_EQ(store_.watermark, kStart - 10min);
  EXPECT_FALSE(store_.mark);
}

TEST_F(CatchUpTest, ProgressNamesTheWindowAndWhatIsDone) {
  oms_.Put("minutes", kStart - 10min);
  oms_.Put("day", kStart - 20h);
  ASSERT_EQ(Message(Run(24h)), "none");
  ASSERT_EQ(seen_.size(), 9u);  // asking, answered, storing; three times
  EXPECT_EQ(seen_[0].window, 1);
  EXPECT_EQ(seen_[0].windows, 3);
  EXPECT_EQ(seen_[0].done, 0);
  EXPECT_EQ(seen_[0].page.phase, AskedPage::Phase::kAsking);
  EXPECT_EQ(seen_[1].page.phase, AskedPage::Phase::kAnswered);
  EXPECT_EQ(seen_[1].page.rows, 1u);
  EXPECT_EQ(seen_[2].page.phase, AskedPage::Phase::kStoring);
  EXPECT_EQ(seen_[6].window, 3);
  EXPECT_EQ(seen_[6].done, 1.0 / 4);
  EXPECT_EQ(seen_[6].rows.inserted, 1);
  EXPECT_EQ(seen_[8].page.rows, 1u) << "the one that was not stored before";
}

TEST_F(CatchUpTest, WhatFailsLaterLeavesWhatWasStoredAndTheWatermark) {
  store_.watermark = kStart - 3min;
  oms_.Put("minutes", kStart - 10min);
  oms_.Put("new", kStart - 1min);
  oms_.Put("day", kStart - 20h);
  oms_.fails_at_minutes = 24 * 60;
  const auto result = Run(24h);
  ASSERT_TRUE(result);
  EXPECT_EQ(Message(result),
            "all since 2026-11-20T04:00:00Z is stored, but what is older is missing: longer window failed");
  EXPECT_EQ(result->missing->code, ErrorCode::kTimeout);
  EXPECT_EQ(result->back_to, kStart - 6h);
  EXPECT_EQ(result->rows.inserted, 2);
  EXPECT_EQ(store_.watermark, kStart - 3min) << "only a whole run moves it";
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(CatchUpTest, TheNextRunContinuesWhereOneEnded) {
  oms_.Put("day", kStart - 20h);
  oms_.fails_at_minutes = 24 * 60;
  ASSERT_TRUE(Run(24h));
  ASSERT_TRUE(store_.mark);
  EXPECT_EQ(store_.mark->from, kStart - 6h);
  EXPECT_EQ(store_.mark->to, kStart);

  oms_.fails_at_minutes.reset();
  clock_.Advance(5min);
  oms_.Put("meanwhile", clock_.Now() - 1min);
  const auto result = Run(24h);
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(HoursAsked(), std::vector<std::int64_t>{24})
      << "the others reach back no further than the first run did";
  EXPECT_EQ(result->rows.inserted, 2);
  EXPECT_FALSE(store_.mark);
}

TEST_F(CatchUpTest, AMarkOfAnotherDayIsIgnored) {
  store_.mark = CatchUpMark{kStart - 48h, kStart - 25h};
  ASSERT_EQ(Message(Run(24h)), "none");
  EXPECT_EQ(HoursAsked(), (std::vector<std::int64_t>{1, 6, 24}));
}

TEST_F(CatchUpTest, TheLastWindowIsRequestedWhateverWasStoredBefore) {
  store_.mark = CatchUpMark{kStart - 100h, kStart - 1min};
  oms_.Put("new", kStart - 30s);
  const auto result = Run(24h);
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(HoursAsked(), std::vector<std::int64_t>{24});
  EXPECT_EQ(result->rows.inserted, 1);
}

TEST_F(CatchUpTest, TwoTimesTakeInWhatLastChangedBetweenAndLeaveTheWatermark) {
  store_.watermark = kStart - 30h;  // long ago: no reason to reach further back than asked
  oms_.Put("before", kStart - 11h);
  oms_.Put("first", kStart - 10h + 1s);
  oms_.Put("last", kStart - 4h - 1s);
  oms_.Put("after", kStart - 4h + 1s);
  const auto result = Run({.since = {}, .from = kStart - 10h, .to = kStart - 4h});
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(store_.orders.size(), 2u);
  EXPECT_TRUE(store_.orders.contains("first"));
  EXPECT_TRUE(store_.orders.contains("last"));
  EXPECT_EQ(result->back_to, kStart - 10h);
  EXPECT_EQ(store_.watermark, kStart - 30h);
  EXPECT_EQ(HoursAsked(), (std::vector<std::int64_t>{5, 10}));
}

TEST_F(CatchUpTest, FromATimeOnReachesUpToNow) {
  oms_.Put("new", kStart - 1s);
  const auto result = Run({.since = {}, .from = kStart - 2h, .to = {}});
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(result->rows.inserted, 1);
  EXPECT_EQ(store_.watermark, kStart - 1s);
}

// `ingest --since 1h` after an outage of 5 hours: the watermark must not pass what was not asked for.
TEST_F(CatchUpTest, ReachesBackToTheWatermarkWhateverIsAsked) {
  store_.watermark = kStart - 5h;
  oms_.Put("late", kStart - 5h - 119s);
  oms_.Put("missed", kStart - 4h);
  oms_.Put("newest", kStart - 1s, "completed");
  ASSERT_EQ(Message(Run(1h)), "none");
  EXPECT_EQ(store_.orders.at("newest").status, "COMPLETED") << "spelled as configured";
  EXPECT_TRUE(store_.orders.contains("late"));
  EXPECT_TRUE(store_.orders.contains("missed"));
  EXPECT_EQ(store_.watermark, kStart - 1s);
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(CatchUpTest, TheWatermarkNeverGoesBack) {
  store_.watermark = kStart;
  oms_.Put("old", kStart - 20h);
  const auto result = Run(24h);
  ASSERT_EQ(Message(result), "none");
  EXPECT_EQ(result->rows.inserted, 1);
  EXPECT_EQ(store_.watermark, kStart);
}

// The newest row was stored with the first window; the watermark moves to it with the last.
TEST_F(CatchUpTest, TheWatermarkMovesToTheNewestRowShown) {
  store_.watermark = kStart - 50min;
  oms_.Put("newest", kStart - 30min);
  oms_.Put("day", kStart - 20h);
  ASSERT_EQ(Message(Run(24h)), "none");
  EXPECT_EQ(store_.watermark, kStart - 30min);
}

TEST_F(CatchUpTest, AnOrderThatChangesBetweenTwoWindowsIsStoredAsItIs) {
  oms_.Put("order", kStart - 10min);
  oms_.edit = [&](OrderPage&) { oms_.Put("order", clock_.Now(), "COMPLETED"); };
  ASSERT_EQ(Message(Run(24h)), "none");
  EXPECT_EQ(store_.orders.at("order").status, "COMPLETED");
}

TEST_F(CatchUpTest, WhatTheOmsDoesNotShowIsMissingAndEndsTheRun) {
  store_.watermark = kStart - 50h;
  oms_.cap = 20;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  const auto result = Run(24h);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->rows.inserted, 20);
  EXPECT_EQ(Message(result),
            "the OMS showed only the newest 20 rows of the window, which are stored; older ones are missing");
  EXPECT_EQ(result->missing->code, ErrorCode::kTruncated);
  EXPECT_EQ(result->back_to, std::nullopt);
  EXPECT_EQ(store_.orders.size(), 20u);
  EXPECT_EQ(store_.ingests, 1) << "a longer window shows no more";
  EXPECT_EQ(store_.watermark, kStart) << "nothing further back is available";
  EXPECT_EQ(store_.gaps, 1);
}

TEST_F(CatchUpTest, SaysWhyNoMoreWasShown) {
  oms_.fails_from = 11;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  EXPECT_NE(Message(Run(24h)).find("older ones are missing (asked for more: larger page failed"),
            std::string::npos)
      << Message(Run(24h));
}

TEST_F(CatchUpTest, FailsWhereStoreOrOmsDo) {
  oms_.Put("order", kStart);
  store_.unreadable = true;
  EXPECT_EQ(Message(Run(1h)), "database is down");
  EXPECT_TRUE(oms_.asked.empty());
  store_.unreadable = false;
  oms_.error = Error{ErrorCode::kConnect, "refused"};
  EXPECT_FALSE(Run(24h));
  EXPECT_EQ(Message(Run(24h)), "refused");
  oms_.error.reset();
  store_.full = true;
  EXPECT_EQ(Message(Run(1h)), "could not write");
  store_.full = false;
  EXPECT_EQ(Message(Run(1h)), "none");
}

}  // namespace
}  // namespace o2o

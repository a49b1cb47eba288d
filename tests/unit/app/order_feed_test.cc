// SPDX-License-Identifier: Apache-2.0
#include "app/order_feed.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/app/logged.h"
#include "unit/app/order_feed_fixture.h"
#include "unit/metrics/exposition_text.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

class OrderFeedTest : public OrderFeedFixture {
 protected:
  OrderFeed MakeFeed() {
    return OrderFeed(options_, orders_, oms_, store_, clock_, offset_, health_, [this] { ++committed_; });
  }

  PollResult Poll(OrderFeed& feed) {
    const auto result = feed.Poll({});
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result.value_or(PollResult{});
  }

  using Counts = std::map<std::string, std::string>;
  static Counts RecentOf(const PollResult& result) {
    Counts counts;
    for (const Family& family : result.families) {
      for (const Sample& sample : family.samples) counts[sample.labels[0]] = sample.value;
    }
    return counts;
  }

  // What a poll logs.
  std::string Logged(OrderFeed& feed) {
    return testing::Logged([&] { Poll(feed); });
  }

  // Forty orders of the last forty seconds that the store does not have.
  void MissForty() {
    store_.watermark = kStart - 30min;
    for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  }

  int committed_ = 0;
};

TEST_F(OrderFeedTest, FirstPollOfAnEmptyDatabaseReachesBackTheInitialLookback) {
  oms_.Put("in", kStart - 59min);
  oms_.Put("out", kStart - 70min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("in"));
  EXPECT_FALSE(store_.orders.contains("out"));
  EXPECT_EQ(store_.watermark, kStart - 59min);
  EXPECT_EQ(committed_, 1);
}

TEST_F(OrderFeedTest, WindowReachesBackToWatermarkAndOverlapAfterAnOutageOfHours) {
  store_.watermark = kStart - 5h;
  oms_.Put("late", kStart - 5h - 119s);  // committed by the OMS after we had read past it
  oms_.Put("missed", kStart - 4h);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("late"));
  EXPECT_TRUE(store_.orders.contains("missed"));
  EXPECT_EQ(oms_.asked.size(), 1u);
}

// Each case: the first request of a fresh process, whose idea of the OMS's clock is its own.
class OrderFeedSkewTest : public OrderFeedTest, public ::testing::WithParamInterface<std::chrono::minutes> {};

TEST_P(OrderFeedSkewTest, FirstRequestAfterAnOutageMissesNothing) {
  oms_.skew = GetParam();
  store_.watermark = oms_.Now() - 30min;
  oms_.Put("just-after-watermark", *store_.watermark + 1s);
  oms_.Put("newest", oms_.Now() - 1s);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("just-after-watermark"));
  EXPECT_TRUE(store_.orders.contains("newest"));
  EXPECT_EQ(store_.watermark, oms_.Now() - 1s);
  EXPECT_EQ(store_.gaps, 0);
  EXPECT_LE(oms_.asked.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Hours, OrderFeedSkewTest,
                         ::testing::Values(-60min, -5min, 0min, 5min, 60min, 24h * 1));

TEST_F(OrderFeedTest, ClockThatJumpsBetweenPollsIsFollowed) {
  auto feed = MakeFeed();
  oms_.Put("before", oms_.Now());
  Poll(feed);
  clock_.Advance(15s);
  oms_.skew = 1h;
  oms_.Put("after", oms_.Now() - 50min);
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("after"));
}

TEST_F(OrderFeedTest, RowDatedInTheFutureIsKeptButMovesNoWatermark) {
  oms_.Put("future", kStart + 24h * 365);
  oms_.Put("present", kStart - 1min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("future"));
  EXPECT_EQ(store_.watermark, kStart - 1min);
}

TEST_F(OrderFeedTest, RowAMinuteAheadOfTheOmsIsOfThePresent) {
  oms_.Put("ahead", kStart + 1min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.watermark, kStart + 1min);
  oms_.Put("beyond", kStart + 1min + 1us);
  Poll(feed);
  EXPECT_EQ(store_.watermark, kStart + 1min);
}

TEST_F(OrderFeedTest, TheNewestRowMovesTheWatermarkWhereverItIsInThePage) {
  oms_.edit = [](OrderPage& page) { std::reverse(page.orders.begin(), page.orders.end()); };
  for (int i = 0; i < 3; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.watermark, kStart);
  EXPECT_EQ(store_.last_step.source, "orders");
}

TEST_F(OrderFeedTest, PageOfOnlyFutureRowsLeavesTheWatermark) {
  store_.watermark = kStart - 1min;
  oms_.Put("future", kStart + 24h);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.watermark, kStart - 1min);
}

TEST_F(OrderFeedTest, CappedPageThatReachesTheWatermarkHurriesWithoutAGap) {
  oms_.cap = 20;
  store_.watermark = kStart - 50s;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 3s * i);
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_TRUE(result.hurry);
  EXPECT_EQ(store_.gaps, 0);
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, CappedPageThatDoesNotReachTheWatermarkIsAGap) {
  oms_.cap = 20;
  MissForty();
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_TRUE(result.hurry);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart) << "what is shown is still stored";
}

// Others of the same instant may have come after the watermark was set.
TEST_F(OrderFeedTest, CappedPageWhoseOldestRowIsAsOldAsTheWatermarkIsAGap) {
  oms_.cap = 20;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  store_.watermark = kStart - 19s;
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
}

TEST_F(OrderFeedTest, CappedPageOfTheFirstStartIsAGap) {
  oms_.cap = 20;
  for (int i = 0; i < 100; ++i) oms_.Put("o" + std::to_string(i), kStart - 30s * i);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.orders.size(), 20u);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart);
  Poll(feed);
  EXPECT_EQ(store_.gaps, 1) << "shown again";
}

TEST_F(OrderFeedTest, WholePageOfTheFirstStartShowsNoGap) {
  for (int i = 0; i < 100; ++i) oms_.Put("o" + std::to_string(i), kStart - 30s * i);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.orders.size(), 100u);
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(OrderFeedTest, OutageBeyondTheLongestWindowIsAGap) {
  store_.watermark = kStart - kLongestWindow - 24h;
  oms_.Put("order", kStart);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, OutageOfExactlyTheLongestWindowLeavesNoGap) {
  store_.watermark = kStart - kLongestWindow;
  oms_.Put("order", kStart);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(OrderFeedTest, AGapIsLoggedWhenItBeginsAndAgainWhenItComesBack) {
  oms_.cap = 20;
  MissForty();
  auto feed = MakeFeed();
  const std::string first = Logged(feed);
  EXPECT_NE(first.find("orders were missed: the OMS did not show everything since the watermark"),
            std::string::npos);
  for (int i = 0; i < 2; ++i) {
    clock_.Advance(15min);
    for (int order = 0; order < 40; ++order) oms_.Put("o" + std::to_string(order), clock_.Now() - 1s * order);
    EXPECT_EQ(Logged(feed).find("orders were missed"), std::string::npos) << "the same gap is logged once";
  }
  EXPECT_EQ(store_.gaps, 3) << "and is counted each time";
  clock_.Advance(15min);
  oms_.Put("one", clock_.Now());
  EXPECT_EQ(Logged(feed).find("orders were missed"), std::string::npos);
  clock_.Advance(15min);
  for (int order = 0; order < 40; ++order) oms_.Put("o" + std::to_string(order), clock_.Now() - 1s * order);
  EXPECT_NE(Logged(feed).find("orders were missed"), std::string::npos);
}

TEST_F(OrderFeedTest, GapShownAgainIsNoOtherGap) {
  oms_.cap = 20;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart);
  auto feed = MakeFeed();
  for (int polls = 0; polls < 3; ++polls) Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
}

// The Date header has whole seconds: the newest rows are a little ahead of it.
TEST_F(OrderFeedTest, GapShownAgainWithinItsSecondIsNoOtherGap) {
  clock_.Advance(900ms);
  oms_.cap = 20;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), clock_.Now() - 1ms * i);
  auto feed = MakeFeed();
  for (int polls = 0; polls < 3; ++polls) Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
}

TEST_F(OrderFeedTest, CutPageThatTheFutureFillsIsAGap) {
  oms_.cap = 20;
  store_.watermark = kStart - 1min;
  for (int i = 0; i < 20; ++i) oms_.Put("f" + std::to_string(i), kStart + 1h * i + 1h);
  oms_.Put("hidden", kStart);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_FALSE(store_.orders.contains("hidden"));
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart - 1min);
}

TEST_F(OrderFeedTest, CapIsNoticedWithoutCountsToo) {
  oms_.cap = 10;
  oms_.sends_counts = false;
  MissForty();
  auto feed = MakeFeed();
  EXPECT_TRUE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 1);
  clock_.Advance(15s);
  for (int i = 0; i < 40; ++i) oms_.Put("p" + std::to_string(i), clock_.Now() - 1ms * i);
  EXPECT_TRUE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 2);
}

TEST_F(OrderFeedTest, WhenTheLargerPageFailsTheSmallOneCountsButTheWatermarkWaits) {
  oms_.fails_from = 11;
  MissForty();
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_EQ(store_.orders.size(), 10u);
  EXPECT_EQ(store_.watermark, kStart - 30min);
  EXPECT_EQ(store_.gaps, 0);
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.trouble->code, ErrorCode::kTimeout);

  oms_.fails_from.reset();
  Poll(feed);
  EXPECT_EQ(store_.orders.size(), 40u);
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(OrderFeedTest, AnOmsThatRefusesLargerLimitsIsAnOmsWithACap) {
  for (const ErrorCode code : {ErrorCode::kRefused, ErrorCode::kTooLarge}) {
    SCOPED_TRACE(Name(code));
    store_ = FakeOrderStore(&clock_);
    oms_.fails_from = 11;
    oms_.fails_with = code;
    MissForty();
    auto feed = MakeFeed();
    const PollResult result = Poll(feed);
    EXPECT_TRUE(result.hurry);
    ASSERT_TRUE(result.trouble);
    EXPECT_EQ(result.trouble->code, code) << "counted";
    EXPECT_EQ(store_.gaps, 1);
    EXPECT_EQ(store_.watermark, kStart);
  }
}

TEST_F(OrderFeedTest, LargerPagesThatNeverComeEndInAGapInsteadOfStandingStill) {
  for (const ErrorCode code : {ErrorCode::kTimeout, ErrorCode::kHttpStatus}) {
    SCOPED_TRACE(Name(code));
    store_ = FakeOrderStore(&clock_);
    oms_.fails_from = 11;
    oms_.fails_with = code;
    const Timestamp start = clock_.Now();
    store_.watermark = start - 30min;
    for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), start - 1s * i);
    auto feed = MakeFeed();
    while (clock_.Now() - start < 29min) {
      (void)feed.Poll({});
      EXPECT_EQ(store_.gaps, 0);
      EXPECT_EQ(store_.watermark, start - 30min);
      clock_.Advance(15s);
    }
    while (clock_.Now() - start < 31min) {
      (void)feed.Poll({});
      clock_.Advance(15s);
    }
    EXPECT_EQ(store_.gaps, 1);
    EXPECT_EQ(store_.watermark, start);
  }
}

TEST_F(OrderFeedTest, DatabaseThatHangsTakesNoneOfTheTimeout) {
  store_.hang = [this] { clock_.Advance(60s); };
  store_.down = true;
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(oms_.given, std::vector<Millis>{options_.pages.timeout});
}

// --- the OMS's clock is set back, or ours is ---

TEST_F(OrderFeedTest, ClockSetBackBeforeAnOutageHidesNothing) {
  for (const auto outage : {10min, 55min, 65min, 180min}) {
    SCOPED_TRACE(outage.count());
    store_ = FakeOrderStore(&clock_);
    oms_.skew = 1h;
    const Timestamp crash = clock_.Now();
    oms_.Put("before", oms_.Now());
    {
      auto feed = MakeFeed();
      Poll(feed);
    }
    ASSERT_EQ(store_.watermark, crash + 1h);
    oms_.skew = 0h;  // and nobody is there to see it
    oms_.Put("first", crash + 1s);
    clock_.Advance(outage);
    oms_.Put("last", clock_.Now() - 1s);
    ClockOffset unknown;
    OrderFeed feed(options_, orders_, oms_, store_, clock_, unknown, health_, nullptr);
    Poll(feed);
    EXPECT_TRUE(store_.orders.contains("first"));
    EXPECT_TRUE(store_.orders.contains("last"));
    EXPECT_EQ(store_.gaps, 0);
    EXPECT_EQ(store_.watermark, clock_.Now() - 1s) << "by the clock as it goes now";
    oms_.asked.clear();
    Poll(feed);
    EXPECT_LE(oms_.asked.back().minutes, 4) << "once is enough";
  }
}

// The Date headers of two of its machines, say.
TEST_F(OrderFeedTest, ClockOfTheOmsThatDiffersByAMinuteWasNotSetBack) {
  oms_.skew = 60s;
  oms_.Put("newest", oms_.Now());
  auto feed = MakeFeed();
  Poll(feed);
  oms_.skew = 0s;
  oms_.Put("older", oms_.Now() - 1s);
  Poll(feed);
  EXPECT_FALSE(store_.last_step.set_back_from);
  EXPECT_EQ(store_.watermark, kStart + 60s) << "never back";
}

TEST_F(OrderFeedTest, ClockOfTheOmsThatIsMoreThanAMinuteEarlierWasSetBack) {
  oms_.skew = 61s;
  oms_.Put("newest", oms_.Now());
  auto feed = MakeFeed();
  EXPECT_EQ(Logged(feed).find("set back"), std::string::npos);
  oms_.skew = 0s;
  oms_.Put("older", oms_.Now() - 1s);
  EXPECT_NE(Logged(feed).find("the OMS's clock was set back: the watermark follows it"), std::string::npos);
  EXPECT_EQ(store_.last_step.set_back_from, kStart + 61s);
  EXPECT_EQ(store_.watermark, kStart - 1s);
  EXPECT_EQ(Logged(feed), "") << "once is enough";
}

// As long as it shows nothing newer by its new clock, there is nothing to follow.
TEST_F(OrderFeedTest, ClockSetBackWhileNothingIsNewerIsNotLogged) {
  oms_.skew = 61s;
  oms_.Put("newest", kStart);
  auto feed = MakeFeed();
  Poll(feed);
  oms_.skew = 0s;
  EXPECT_EQ(Logged(feed), "");
  EXPECT_EQ(store_.last_step.set_back_from, kStart);
  EXPECT_EQ(store_.watermark, kStart);
}

// A cut page that reaches well behind the watermark: nothing is missing, whatever our clock says.
TEST_F(OrderFeedTest, AStepOfOurClockDoesNotSetBackTheOmss) {
  for (const std::chrono::minutes step : {2min, -2min, 180min, -180min}) {
    for (const bool restarted : {false, true}) {
      SCOPED_TRACE(std::to_string(step.count()) + (restarted ? " min, restarted" : " min"));
      store_ = FakeOrderStore(&clock_);
      oms_.skew = 0h;
      oms_.cap = 20;
      for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), oms_.Now() - 5s * i);
      auto feed = MakeFeed();
      Poll(feed);
      const Timestamp before = store_.watermark.value();
      const int gaps = store_.gaps;
      clock_.Step(step);
      oms_.skew -= step;
      clock_.Advance(15s);
      oms_.Put("next", oms_.Now() - 1s);
      ClockOffset unknown;
      OrderFeed another(options_, orders_, oms_, store_, clock_, unknown, health_, nullptr);
      OrderFeed& polled = restarted ? another : feed;
      Poll(polled);
      EXPECT_EQ(store_.gaps, gaps);
      EXPECT_FALSE(store_.last_step.set_back_from);
      EXPECT_EQ(store_.watermark, before + 14s);
      Poll(polled);
      EXPECT_EQ(oms_.asked.back().minutes, 3) << "from the watermark and the overlap on";
      clock_.Advance(1h);
    }
  }
}

TEST_F(OrderFeedTest, ReplicasWhoseClocksDifferSeeNoClockSetBackAndNoGap) {
  oms_.cap = 20;
  FakeClock other_clock(kStart + 2min);
  ClockOffset other_offset;
  OrderFeed other(options_, orders_, oms_, store_, other_clock, other_offset, health_, nullptr);
  auto feed = MakeFeed();
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), oms_.Now() - 5s * i);
  Poll(feed);
  const int gaps = store_.gaps;
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(8s);
    other_clock.Advance(8s);
    oms_.Put("p" + std::to_string(i), oms_.Now());
    Poll(i % 2 == 0 ? other : feed);
    EXPECT_FALSE(store_.last_step.set_back_from);
    EXPECT_EQ(store_.watermark, oms_.Now());
  }
  EXPECT_EQ(store_.gaps, gaps);
}

// Our clock and the OMS's cannot be compared then, so nothing can be concluded.
TEST_F(OrderFeedTest, WithoutADateHeaderNoClockIsTakenAsSetBack) {
  oms_.sends_date = false;
  oms_.Put("before", kStart);
  auto feed = MakeFeed();
  Poll(feed);
  clock_.Step(-10min);
  oms_.Put("older", kStart - 10min);
  Poll(feed);
  EXPECT_FALSE(store_.last_step.set_back_from);
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, ClockSetBackInAQuietHourLeavesNoGap) {
  oms_.cap = 20;
  oms_.skew = 1h;
  for (int i = 0; i < 20; ++i) oms_.Put("o" + std::to_string(i), oms_.Now() - 1min * i);
  auto feed = MakeFeed();
  Poll(feed);
  const int gaps = store_.gaps;
  oms_.skew = 55min;
  clock_.Advance(15s);
  for (int i = 0; i < 3; ++i) oms_.Put("p" + std::to_string(i), oms_.Now() - 1s * i);
  Poll(feed);
  EXPECT_EQ(store_.gaps, gaps);
}

TEST_F(OrderFeedTest, ClockSetBackShowsAGapToo) {
  oms_.skew = 1h;
  oms_.Put("before", oms_.Now());
  auto feed = MakeFeed();
  Poll(feed);
  oms_.skew = 0h;
  oms_.cap = 5;
  clock_.Advance(30min);
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), clock_.Now() - 1s * i);
  Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
}

TEST_F(OrderFeedTest, EmptyPageIsWholeWhateverTheCountsSay) {
  store_.watermark = kStart - 1min;
  oms_.older_counted = 1;
  auto feed = MakeFeed();
  for (int polls = 0; polls < 5; ++polls) {
    EXPECT_FALSE(Poll(feed).hurry);
    clock_.Advance(15s);
  }
  oms_.older_counted = 0;
  EXPECT_FALSE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 0);
}

TEST_F(OrderFeedTest, StoreIsUpAgainAlsoWhileTheOmsIsDown) {
  auto feed = MakeFeed();
  oms_.error = Error{ErrorCode::kHttpStatus, "500"};
  store_.down = true;
  (void)feed.Poll({});
  EXPECT_FALSE(health_.state().up);
  store_.down = false;
  (void)feed.Poll({});
  EXPECT_TRUE(health_.state().up);
}

TEST_F(OrderFeedTest, StoreThatTakesNothingInStaysDownWhileTheWatermarkCanBeRead) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  oms_.error = Error{ErrorCode::kHttpStatus, "500"};
  (void)feed.Poll({});
  EXPECT_FALSE(health_.state().up);
}

TEST_F(OrderFeedTest, WithoutTheStoreTheGaugesContinueAndTheWindowStaysShort) {
  oms_.Put("order", kStart);
  store_.down = true;
  auto feed = MakeFeed();
  clock_.Advance(3h);
  const PollResult result = Poll(feed);
  ASSERT_EQ(result.families.size(), 1u);
  EXPECT_EQ(result.families[0].desc.name, "o2o_orders_recent");
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.trouble->code, ErrorCode::kStore);
  EXPECT_GE(oms_.asked.back().minutes, 2) << "the overlap";
  EXPECT_LE(oms_.asked.back().minutes, 3);
  EXPECT_FALSE(health_.state().up);
}

TEST_F(OrderFeedTest, AfterTheStoreReturnsNothingIsLost) {
  auto feed = MakeFeed();
  oms_.Put("before", kStart);
  Poll(feed);
  store_.down = true;
  for (int i = 0; i < 8; ++i) {
    clock_.Advance(15min);
    oms_.Put("during" + std::to_string(i), clock_.Now());
    Poll(feed);
  }
  store_.down = false;
  clock_.Advance(15s);
  Poll(feed);
  EXPECT_EQ(store_.orders.size(), 9u);
  EXPECT_EQ(store_.gaps, 0);
  EXPECT_TRUE(health_.state().up);
}

TEST_F(OrderFeedTest, StoreThatTakesNothingInIsDownForWritersButThePollIsGood) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.rows, 1u);
  health_.Report(StoreHealth::Side::kRead, nullptr);
  EXPECT_FALSE(health_.state().up) << "reading works, writing does not";
}

TEST_F(OrderFeedTest, PageThatTheStoreRefusedIsOfferedAgainWhileTheOmsIsDown) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  oms_.error = Error{ErrorCode::kConnect, "refused"};
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(15s);
    EXPECT_FALSE(feed.Poll({}));
    EXPECT_FALSE(health_.state().up) << "the watermark can be read, nothing can be written";
  }
  store_.full = false;
  clock_.Advance(15s);
  const auto result = feed.Poll({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kConnect) << "the poll is as good as what the OMS said";
  EXPECT_TRUE(health_.state().up);
  EXPECT_TRUE(store_.orders.contains("order"));
  EXPECT_EQ(store_.watermark, kStart);
  EXPECT_EQ(committed_, 1);
  clock_.Advance(15s);
  EXPECT_FALSE(feed.Poll({}));
  EXPECT_EQ(store_.ingests, 1) << "once is enough";
}

TEST_F(OrderFeedTest, PageThatIsOfferedAgainIsAsOldAsItIs) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  oms_.error = Error{ErrorCode::kConnect, "refused"};
  store_.full = false;
  clock_.Advance(1h);
  EXPECT_FALSE(feed.Poll({}));
  // What another writer stored meanwhile does not count as of the future.
  EXPECT_EQ(store_.last_step.oms_now, kStart + 1h);
  EXPECT_EQ(store_.last_step.newest, kStart);
  EXPECT_EQ(store_.last_step.answered_at, kStart) << "the page is not newer for being offered again";
}

TEST_F(OrderFeedTest, NewerPageTakesThePlaceOfTheOneThatWasRefused) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  store_.full = false;
  clock_.Advance(15s);
  oms_.Put("order", clock_.Now(), "COMPLETED");
  Poll(feed);
  oms_.error = Error{ErrorCode::kConnect, "refused"};
  clock_.Advance(15s);
  EXPECT_FALSE(feed.Poll({}));
  EXPECT_EQ(store_.orders.at("order").status, "COMPLETED");
  EXPECT_EQ(store_.ingests, 1);
}

TEST_F(OrderFeedTest, NothingIsOfferedWhileStopping) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  oms_.error = Error{ErrorCode::kCancelled, "stopping"};
  store_.full = false;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(feed.Poll(stop.get_token()));
  EXPECT_EQ(store_.ingests, 0);
}

TEST_F(OrderFeedTest, NothingIsOfferedWhileTheWatermarkCannotBeRead) {
  oms_.Put("order", kStart);
  store_.full = true;
  auto feed = MakeFeed();
  Poll(feed);
  oms_.error = Error{ErrorCode::kConnect, "refused"};
  store_.full = false;
  store_.unreadable = true;
  EXPECT_FALSE(feed.Poll({}));
  EXPECT_EQ(store_.ingests, 0);
}

// What the page lacks can wait; a store that takes nothing in cannot.
TEST_F(OrderFeedTest, TroubleOfTheStoreIsToldBeforeTroubleOfThePage) {
  oms_.fails_from = 11;
  oms_.fails_with = ErrorCode::kHttpStatus;
  MissForty();
  store_.full = true;
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.trouble->code, ErrorCode::kStore);

  store_.down = true;
  const PollResult unread = Poll(feed);
  ASSERT_TRUE(unread.trouble);
  EXPECT_EQ(unread.trouble->code, ErrorCode::kStore);
}

TEST_F(OrderFeedTest, FailedPollIsAnErrorAndTouchesNoRow) {
  oms_.error = Error{ErrorCode::kBadJson, "cut"};
  auto feed = MakeFeed();
  const auto result = feed.Poll({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadJson);
  EXPECT_EQ(store_.ingests, 0);
}

TEST_F(OrderFeedTest, GaugesHoldEveryKnownStatusAtZero) {
  oms_.Put("order", kStart, "ODD");
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_EQ(RecentOf(result), (Counts{{"PENDING", "0"}, {"COMPLETED", "0"}, {"ODD", "1"}}));
}

TEST_F(OrderFeedTest, RejectedRowsAreCountedByReason) {
  oms_.edit = [](OrderPage& page) {
    for (const RejectReason reason : {RejectReason::kBadTime, RejectReason::kBadTime, RejectReason::kBadId}) {
      page.rejected.push_back({reason, "row " + std::to_string(page.rejected.size()), "{}"});
    }
    page.rejected_more = {{RejectReason::kBadTime, 40}};
    page.body_bytes = 1234;
  };
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  using Rejected = std::vector<std::pair<std::string, std::uint64_t>>;
  EXPECT_EQ(result.rejected_rows, (Rejected{{"bad_id", 1}, {"bad_time", 42}}));
  EXPECT_EQ(result.first_rejected,
            (std::map<std::string, std::string>{{"bad_id", "row 2"}, {"bad_time", "row 0"}}));
  EXPECT_EQ(result.response_bytes, 1234u);
}

TEST_F(OrderFeedTest, AnyReasonToRejectARowMayComeUp) {
  const std::vector<std::string> reasons = MakeFeed().RejectReasons();
  ASSERT_EQ(reasons.size(), AllRejectReasons().size());
  for (std::size_t i = 0; i < reasons.size(); ++i) EXPECT_EQ(reasons[i], Name(AllRejectReasons()[i]));
}

TEST_F(OrderFeedTest, WhatBecameOfTheRowsIsCountedAndTheTimeItTook) {
  oms_.Put("order", kStart);
  store_.counted = {.inserted = 1, .updated = 3, .unchanged = 4, .stale = 5, .rejected = 6};
  auto feed = MakeFeed();
  Poll(feed);
  const std::string text = testing::TextOf(metrics_);
  const std::pair<const char*, double> expected[] = {
      {"inserted", 2}, {"updated", 3}, {"unchanged", 4}, {"stale", 5}, {"rejected", 6}};
  for (const auto& [result, rows] : expected) {
    EXPECT_EQ(testing::ValueOf(text, "o2o_ingest_rows_total{result=\"" + std::string(result) + "\"}"), rows);
  }
  EXPECT_EQ(testing::ValueOf(text, "o2o_store_write_duration_seconds_count"), 1);
}

TEST_F(OrderFeedTest, StatusesOfAnySpellingAreStoredAndCountedAsConfigured) {
  oms_.Put("a", kStart, "Completed");
  oms_.Put("b", kStart - 1s, " COMPLETED ");
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_EQ(store_.orders.at("a").status, "COMPLETED");
  EXPECT_EQ(store_.orders.at("b").status, "COMPLETED");
  EXPECT_EQ(RecentOf(result), (Counts{{"PENDING", "0"}, {"COMPLETED", "2"}}));
}

TEST_F(OrderFeedTest, OddCountsCostTheirGaugeOnly) {
  oms_.Put("order", kStart);
  oms_.counts_trouble = Error{ErrorCode::kBadShape, "statusCounts: 7"};
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_TRUE(result.families.empty()) << "nothing is better than a wrong 0";
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.trouble->code, ErrorCode::kBadShape);
  EXPECT_TRUE(store_.orders.contains("order"));
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, OfStatusesThatAreNotConfiguredTheFirstHundredAreToldApart) {
  auto feed = MakeFeed();
  for (int i = 0; i < 100; ++i) oms_.Put("o" + std::to_string(i), kStart, "S" + std::to_string(i));
  const Counts hundred = RecentOf(Poll(feed));
  EXPECT_EQ(hundred.size(), 102u);
  EXPECT_FALSE(hundred.contains("other"));
  clock_.Advance(2h);
  for (const char* status : {"A", "B", "S7", "COMPLETED"}) oms_.Put(status, clock_.Now(), status);
  store_.watermark = clock_.Now();
  EXPECT_EQ(RecentOf(Poll(feed)),
            (Counts{{"PENDING", "0"}, {"COMPLETED", "1"}, {"S7", "1"}, {"other", "2"}}));
}

}  // namespace
}  // namespace o2o

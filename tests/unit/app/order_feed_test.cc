// SPDX-License-Identifier: Apache-2.0
#include "app/order_feed.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_oms.h"
#include "fakes/fake_order_store.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 10h};

class OrderFeedTest : public ::testing::Test {
 protected:
  OrderFeed MakeFeed() {
    return OrderFeed(options_, statuses_, oms_, store_, clock_, offset_, health_, [this] { ++committed_; });
  }

  PollResult Poll(OrderFeed& feed) {
    const auto result = feed.Poll({});
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result.value_or(PollResult{});
  }

  FakeClock clock_{kStart};
  FakeOms oms_{clock_};
  FakeOrderStore store_;
  ClockOffset offset_;
  ExporterMetrics metrics_;
  StoreHealth health_{metrics_};
  std::vector<StatusRule> statuses_{{"PENDING", Outcome::kOpen, {}}, {"COMPLETED", Outcome::kCompleted, {}}};
  OrderFeedOptions options_{
      .source = "orders", .overlap = 2min, .initial_lookback = 1h, .limit = 10, .max_limit = 1000};
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

TEST_F(OrderFeedTest, EveryRequestAsksForPositiveIntegers) {
  store_.watermark = kStart;
  auto feed = MakeFeed();
  for (int i = 0; i < 5; ++i) Poll(feed);
  for (const OmsWindow& window : oms_.asked) {
    EXPECT_GE(window.minutes, 1);
    EXPECT_GE(window.limit, 1);
  }
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

TEST_P(OrderFeedSkewTest, OnceTheClockIsKnownOneRequestIsEnough) {
  oms_.skew = GetParam();
  auto feed = MakeFeed();
  oms_.Put("first", oms_.Now());
  Poll(feed);
  oms_.asked.clear();
  clock_.Advance(15s);
  oms_.Put("second", oms_.Now());
  Poll(feed);
  EXPECT_EQ(oms_.asked.size(), 1u);
  EXPECT_LE(oms_.asked.back().minutes, 4) << "the window must not hold the whole skew";
  EXPECT_TRUE(store_.orders.contains("second"));
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

TEST_F(OrderFeedTest, WithoutADateHeaderOurOwnClockServes) {
  oms_.tells_date = false;
  store_.watermark = kStart - 10min;
  oms_.Put("order", kStart - 9min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("order"));
}

TEST_F(OrderFeedTest, RowDatedInTheFutureIsKeptButMovesNoWatermark) {
  oms_.Put("future", kStart + 24h * 365);
  oms_.Put("present", kStart - 1min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_TRUE(store_.orders.contains("future"));
  EXPECT_EQ(store_.watermark, kStart - 1min);
}

TEST_F(OrderFeedTest, PageOfOnlyFutureRowsLeavesTheWatermark) {
  store_.watermark = kStart - 1min;
  oms_.Put("future", kStart + 24h);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.watermark, kStart - 1min);
}

TEST_F(OrderFeedTest, FullPageIsAskedForAgainWithALargerLimit) {
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 35; ++i) oms_.Put("o" + std::to_string(i), kStart - 1min - 1s * i);
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_EQ(store_.orders.size(), 35u);
  EXPECT_EQ(store_.gaps, 0);
  EXPECT_FALSE(result.hurry);
  EXPECT_EQ(oms_.asked.front().limit, 10);
  EXPECT_GE(oms_.asked.back().limit, 35);
}

TEST_F(OrderFeedTest, ThousandRowsOfOneInstantAtThePageEdgeAreAllTakenIn) {
  store_.watermark = kStart - 1min;
  for (int i = 0; i < 900; ++i) oms_.Put("o" + std::to_string(i), kStart - 1min);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(store_.orders.size(), 900u);
  EXPECT_EQ(store_.gaps, 0);
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
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  const PollResult result = Poll(feed);
  EXPECT_TRUE(result.hurry);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart) << "what is shown goes on being taken in";
}

TEST_F(OrderFeedTest, GapShownAgainIsNoOtherGap) {
  oms_.cap = 20;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart);
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
  oms_.tells_counts = false;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  EXPECT_TRUE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 1);
  clock_.Advance(15s);
  for (int i = 0; i < 40; ++i) oms_.Put("p" + std::to_string(i), clock_.Now() - 1ms * i);
  EXPECT_TRUE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 2);
}

TEST_F(OrderFeedTest, LimitGrowsToItsCeilingAndNoFurther) {
  options_.max_limit = 100;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 500; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  Poll(feed);
  EXPECT_EQ(oms_.asked.back().limit, 100);
  EXPECT_EQ(store_.orders.size(), 100u);
  EXPECT_EQ(store_.gaps, 1);
}

TEST_F(OrderFeedTest, WhenTheLargerPageFailsTheSmallOneCountsButTheWatermarkWaits) {
  oms_.fails_from = 11;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
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
  oms_.fails_from = 11;
  oms_.fails_with = ErrorCode::kHttpStatus;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  EXPECT_TRUE(Poll(feed).hurry);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, LargerPagesThatNeverComeEndInAGapInsteadOfStandingStill) {
  oms_.fails_from = 11;
  store_.watermark = kStart - 30min;
  for (int i = 0; i < 40; ++i) oms_.Put("o" + std::to_string(i), kStart - 1s * i);
  auto feed = MakeFeed();
  for (int poll = 0; poll < 3; ++poll) Poll(feed);
  EXPECT_EQ(store_.gaps, 1);
  EXPECT_EQ(store_.watermark, kStart);
}

TEST_F(OrderFeedTest, WithoutTheStoreTheGaugesGoOnAndTheWindowStaysShort) {
  oms_.Put("order", kStart);
  store_.down = true;
  auto feed = MakeFeed();
  clock_.Advance(3h);
  const PollResult result = Poll(feed);
  ASSERT_EQ(result.families.size(), 1u);
  EXPECT_EQ(result.families[0].desc.name, "o2o_orders_recent");
  ASSERT_TRUE(result.trouble);
  EXPECT_EQ(result.trouble->code, ErrorCode::kStore);
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
  ASSERT_EQ(result.families.size(), 1u);
  std::map<std::string, std::string> values;
  for (const Sample& sample : result.families[0].samples) values[sample.labels[0]] = sample.value;
  EXPECT_EQ(values, (std::map<std::string, std::string>{{"PENDING", "0"}, {"COMPLETED", "0"}, {"ODD", "1"}}));
}

TEST_F(OrderFeedTest, CatchUpReachesBackAsAskedAndReportsEachRequest) {
  store_.watermark = kStart;
  oms_.Put("old", kStart - 20h);
  auto feed = MakeFeed();
  std::vector<AskedPage> seen;
  const auto result = feed.CatchUp(24h, [&](const AskedPage& page) { seen.push_back(page); }, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->inserted, 1);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].phase, AskedPage::Phase::kAsking);
  EXPECT_GE(seen[0].window.minutes, 24 * 60);
  EXPECT_EQ(seen[1].phase, AskedPage::Phase::kAnswered);
  EXPECT_EQ(seen[1].rows, 1u);
  EXPECT_GE(seen[1].window.minutes, 24 * 60);
  EXPECT_EQ(seen[2].phase, AskedPage::Phase::kStoring);
  EXPECT_EQ(seen[2].rows, 1u);
  EXPECT_EQ(store_.watermark, kStart) << "never back";
}

}  // namespace
}  // namespace o2o

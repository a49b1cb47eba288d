// SPDX-License-Identifier: Apache-2.0
#include "app/page_asker.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_oms.h"
#include "unit/app/logged.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 10h};

class PageAskerTest : public ::testing::Test {
 protected:
  PageAsker MakeAsker() { return PageAsker(options_, oms_, clock_, offset_); }

  static PageAsker::Since Last(std::chrono::microseconds span) {
    return [span](Timestamp oms_now) { return oms_now - span; };
  }

  Result<FetchedPage> TryGet(PageAsker& asker, const PageAsker::Since& since = Last(30min)) {
    return asker.Get(since, clock_.Monotonic() + options_.timeout, {}, {});
  }

  FetchedPage Get(PageAsker& asker, const PageAsker::Since& since = Last(30min)) {
    const auto fetched = TryGet(asker, since);
    EXPECT_TRUE(fetched.has_value()) << fetched.error().message;
    return fetched.value_or(FetchedPage{});
  }

  // That many more orders, a second apart, the newest of now.
  void Put(int orders) {
    for (int i = 0; i < orders; ++i) oms_.Put("o" + std::to_string(++ids_), oms_.Now() - 1s * i);
  }

  FakeClock clock_{kStart};
  FakeOms oms_{clock_};
  ClockOffset offset_;
  PageAskerOptions options_{.source = "orders", .limit = 10, .max_limit = 1000};
  int ids_ = 0;
};

// --- the window ---

// Each case: the first request of a fresh process, whose idea of the OMS's clock is its own.
class PageAskerSkewTest : public PageAskerTest, public ::testing::WithParamInterface<std::chrono::minutes> {};

TEST_P(PageAskerSkewTest, FirstRequestShowsTheWindowByTheClockOfTheOms) {
  oms_.skew = GetParam();
  oms_.Put("oldest", oms_.Now() - 30min + 1s);
  oms_.Put("newest", oms_.Now() - 1s);
  const Timestamp from = oms_.Now() - 30min;
  auto asker = MakeAsker();
  const FetchedPage fetched = Get(asker, [from](Timestamp) { return from; });
  EXPECT_EQ(fetched.page.rows, 2u);
  EXPECT_EQ(fetched.oms_now, oms_.Now());
  EXPECT_LE(oms_.asked.size(), 2u);
}

TEST_P(PageAskerSkewTest, OnceTheClockIsKnownOneRequestIsEnough) {
  oms_.skew = GetParam();
  auto asker = MakeAsker();
  Get(asker);
  oms_.asked.clear();
  clock_.Advance(15s);
  const Timestamp from = oms_.Now() - 2min;
  Get(asker, [from](Timestamp) { return from; });
  ASSERT_EQ(oms_.asked.size(), 1u);
  EXPECT_LE(oms_.asked[0].minutes, 3) << "the window must not hold the whole skew";
}

INSTANTIATE_TEST_SUITE_P(Hours, PageAskerSkewTest,
                         ::testing::Values(-60min, -5min, 0min, 5min, 60min, 24h * 1));

// Its clock moves on while it is asked again, past a full minute too.
TEST_F(PageAskerTest, AWindowThatWasTooShortIsAskedForAgainOnce) {
  oms_.skew = 1h;
  oms_.takes = 20s;
  oms_.spend = [this](auto by) { clock_.Advance(by); };
  options_.timeout = 10min;
  const Timestamp from =
      oms_.Now() - 30min + 30s;  // 29 min 50 s back at the first answer, 30 min 10 s at the second
  auto asker = MakeAsker();
  Get(asker, [from](Timestamp) { return from; });
  ASSERT_EQ(oms_.asked.size(), 2u);
  EXPECT_EQ(oms_.asked[1].minutes, 31) << "30 by the first answer, and one for the time until the second";
}

// A request arrives up to two seconds after it was thought up.
TEST_F(PageAskerTest, TheWindowReachesFarEnoughForARequestOfTwoSeconds) {
  oms_.takes = 2s;
  oms_.spend = [this](auto by) { clock_.Advance(by); };
  const Timestamp from = oms_.Now() - 30min + 1s;  // 30 min 1 s back when it is answered
  auto asker = MakeAsker();
  Get(asker, [from](Timestamp) { return from; });
  EXPECT_EQ(oms_.asked.size(), 1u);
}

TEST_F(PageAskerTest, AnOmsWhoseClockJumpsWithEveryAnswerIsGivenUp) {
  oms_.takes = 1h;
  oms_.spend = [this](auto by) { oms_.skew += by; };
  const Timestamp from = kStart - 30min;
  auto asker = MakeAsker();
  const auto fetched = TryGet(asker, [from](Timestamp) { return from; });
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kInternal);
}

TEST_F(PageAskerTest, TheWindowHasItsCeiling) {
  auto asker = MakeAsker();
  Get(asker, Last(24h * 5000));
  ASSERT_EQ(oms_.asked.size(), 1u);
  EXPECT_EQ(oms_.asked[0].minutes, kLongestWindow.count());
}

TEST_F(PageAskerTest, EveryRequestAsksForPositiveIntegers) {
  auto asker = MakeAsker();
  for (const auto span : {-1h, 0h, 1h}) Get(asker, Last(span));
  ASSERT_EQ(oms_.asked.size(), 3u);
  EXPECT_EQ(oms_.asked[0].minutes, 1);
  EXPECT_EQ(oms_.asked[1].minutes, 1);
  EXPECT_EQ(oms_.asked[2].minutes, 60);
  for (const OmsWindow& window : oms_.asked) EXPECT_GE(window.limit, 1);
}

TEST_F(PageAskerTest, WithoutADateHeaderOurOwnClockServes) {
  oms_.sends_date = false;
  auto asker = MakeAsker();
  EXPECT_EQ(Get(asker).oms_now, kStart);
}

// --- the limit ---

TEST_F(PageAskerTest, FullPageIsAskedForAgainWithALargerLimit) {
  Put(35);
  auto asker = MakeAsker();
  const FetchedPage fetched = Get(asker);
  EXPECT_EQ(fetched.page.rows, 35u);
  EXPECT_FALSE(fetched.truncated);
  EXPECT_EQ(oms_.asked.front().limit, 10);
  EXPECT_GE(oms_.asked.back().limit, 35);
  EXPECT_EQ(fetched.limit, oms_.asked.back().limit);
}

TEST_F(PageAskerTest, ThousandRowsOfOneInstantAreAllShown) {
  for (int i = 0; i < 900; ++i) oms_.Put("o" + std::to_string(i), kStart - 1min);
  auto asker = MakeAsker();
  EXPECT_EQ(Get(asker).page.rows, 900u);
}

TEST_F(PageAskerTest, LimitGrowsToItsCeilingAndNoFurther) {
  options_.max_limit = 100;
  Put(500);
  auto asker = MakeAsker();
  const FetchedPage fetched = Get(asker);
  EXPECT_EQ(oms_.asked.size(), 3u) << "10, 40, 100";
  EXPECT_EQ(oms_.asked.back().limit, 100);
  EXPECT_EQ(fetched.page.rows, 100u);
  EXPECT_TRUE(fetched.truncated);
}

TEST_F(PageAskerTest, LimitShrinksAgainWhenPagesAreSmall) {
  Put(160);
  auto asker = MakeAsker();
  Get(asker);
  ASSERT_EQ(oms_.asked.back().limit, 640);
  clock_.Advance(1h);
  for (int polls = 0; polls < 10; ++polls) Get(asker);
  EXPECT_EQ(oms_.asked.back().limit, 10);
}

TEST_F(PageAskerTest, ALimitThatIsEnoughStays) {
  Put(35);
  auto asker = MakeAsker();
  Get(asker);
  oms_.asked.clear();
  for (int polls = 0; polls < 5; ++polls) Get(asker);
  EXPECT_EQ(oms_.asked.size(), 5u);
  EXPECT_EQ(oms_.asked.back().limit, 40);
}

// Full by the limit, and counted as all that there are.
TEST_F(PageAskerTest, OneOrderIsAWholePageAtALimitOfOne) {
  options_.limit = 1;
  Put(1);
  auto asker = MakeAsker();
  EXPECT_FALSE(Get(asker).truncated);
}

TEST_F(PageAskerTest, EitherTotalOrCountsByStatusShowsThatThereIsMore) {
  for (const bool by_status : {false, true}) {
    SCOPED_TRACE(by_status);
    oms_.cap = 5;
    oms_.edit = [by_status](OrderPage& page) {
      if (by_status) {
        page.total.reset();
      } else {
        page.status_counts.clear();
      }
    };
    Put(8);
    auto asker = MakeAsker();
    EXPECT_TRUE(Get(asker).truncated);
    clock_.Advance(1h);
  }
}

TEST_F(PageAskerTest, AStatusOfWhichThereAreNoneCountsNothing) {
  oms_.edit = [](OrderPage& page) {
    page.total.reset();
    page.status_counts["COMPLETED"] = 0;
    page.status_counts["FAILED"] = -7;
  };
  Put(5);
  auto asker = MakeAsker();
  EXPECT_FALSE(Get(asker).truncated);
  EXPECT_EQ(oms_.asked.size(), 1u);
}

TEST_F(PageAskerTest, EmptyPageIsWholeWhateverTheCountsSay) {
  oms_.older_counted = 1;
  auto asker = MakeAsker();
  for (int polls = 0; polls < 5; ++polls) EXPECT_FALSE(Get(asker).truncated);
}

// --- an OMS with a cap ---

TEST_F(PageAskerTest, ACapIsFoundOnceAndNotAskedAgainstAgain) {
  oms_.cap = 20;
  Put(40);
  auto asker = MakeAsker();
  EXPECT_TRUE(Get(asker).truncated);
  oms_.asked.clear();
  EXPECT_TRUE(Get(asker).truncated);
  EXPECT_EQ(oms_.asked.size(), 1u);
}

TEST_F(PageAskerTest, ACapIsNoticedWithoutCountsToo) {
  oms_.cap = 10;
  oms_.sends_counts = false;
  Put(40);
  auto asker = MakeAsker();
  EXPECT_TRUE(Get(asker).truncated);
  EXPECT_TRUE(Get(asker).truncated);
}

// The page of as many rows as the cap was is whole now, and only what was believed of the cap says otherwise.
TEST_F(PageAskerTest, ACapThatWasLiftedIsForgottenWithTheFirstWholePage) {
  oms_.cap = 20;
  Put(40);
  auto asker = MakeAsker();
  ASSERT_TRUE(Get(asker).truncated);
  oms_.cap.reset();
  oms_.sends_counts = false;
  clock_.Advance(1h);
  Put(5);
  ASSERT_FALSE(Get(asker).truncated);
  clock_.Advance(1h);
  Put(20);
  EXPECT_FALSE(Get(asker).truncated);
}

TEST_F(PageAskerTest, ACapThatWasRaisedIsForgottenWithTheFirstLargerPage) {
  oms_.cap = 20;
  Put(40);
  auto asker = MakeAsker();
  ASSERT_TRUE(Get(asker).truncated);
  oms_.cap = 200;
  clock_.Advance(1h);
  Put(150);
  const FetchedPage fetched = Get(asker);
  EXPECT_FALSE(fetched.truncated);
  EXPECT_EQ(fetched.page.rows, 150u);
}

TEST_F(PageAskerTest, CountsThatAlwaysExceedWhatIsShownAreSoonIgnored) {
  oms_.older_counted = 500;
  auto asker = MakeAsker();
  for (int polls = 0; polls < 12; ++polls) {
    Put(1 + polls % 4);
    Get(asker, Last(10s));
    clock_.Advance(2min);
  }
  oms_.asked.clear();
  Put(3);
  EXPECT_FALSE(Get(asker, Last(10s)).truncated);
  EXPECT_EQ(oms_.asked.size(), 1u);
  // A full page stays a full page.
  clock_.Advance(2min);
  Put(40);
  oms_.asked.clear();
  EXPECT_EQ(Get(asker, Last(50s)).page.rows, 40u);
  EXPECT_GT(oms_.asked.size(), 1u);
  // And a cap that full pages show is a cap.
  for (const std::size_t cap : {40u, 10u}) {
    SCOPED_TRACE(cap);
    clock_.Advance(1h);
    for (int polls = 0; polls < 9; ++polls) Get(asker);  // with the smallest limit again
    oms_.cap = cap;
    Put(60);
    EXPECT_TRUE(Get(asker, Last(70s)).truncated);
    oms_.cap.reset();
  }
}

TEST_F(PageAskerTest, CountsAreBelievedForThreeCapsAndNoMore) {
  oms_.older_counted = 500;
  auto asker = MakeAsker();
  for (int polls = 0; polls < 12; ++polls) {
    Put(1 + polls % 3);
    EXPECT_TRUE(Get(asker, Last(10s)).truncated);
    clock_.Advance(2min);
  }
  constexpr std::string_view kNoSign = "they no longer decide whether a page is complete";
  const std::string logged = testing::Logged([&] {
    for (int polls = 0; polls < 9; ++polls) {
      Put(4);
      EXPECT_FALSE(Get(asker, Last(10s)).truncated);
      clock_.Advance(2min);
    }
  });
  EXPECT_NE(logged.find(kNoSign), std::string::npos) << logged;
  EXPECT_EQ(logged.find(kNoSign), logged.rfind(kNoSign)) << "once is enough: " << logged;
  const std::string of_a_cap = testing::Logged([&] {
    oms_.cap = static_cast<std::size_t>(oms_.asked.back().limit);  // full pages show it
    Put(40);
    EXPECT_TRUE(Get(asker, Last(50s)).truncated);
  });
  EXPECT_EQ(of_a_cap.find(kNoSign), std::string::npos) << of_a_cap;
}

// --- larger pages that fail ---

TEST_F(PageAskerTest, WhenTheLargerPageFailsByChanceItIsAwaited) {
  for (const ErrorCode code : {ErrorCode::kTimeout, ErrorCode::kHttpStatus, ErrorCode::kCut,
                               ErrorCode::kBadJson, ErrorCode::kConnect}) {
    SCOPED_TRACE(Name(code));
    oms_.fails_from = 11;
    oms_.fails_with = code;
    Put(40);
    auto asker = MakeAsker();
    const FetchedPage small = Get(asker);
    EXPECT_EQ(small.page.rows, 10u);
    EXPECT_TRUE(small.truncated);
    EXPECT_TRUE(small.larger_awaited);
    ASSERT_TRUE(small.trouble);
    EXPECT_EQ(small.trouble->code, code);
    EXPECT_NE(small.trouble->message.find("only the newest 10 rows are stored so far"), std::string::npos);
    oms_.fails_from.reset();
    const FetchedPage whole = Get(asker);
    EXPECT_GE(whole.page.rows, 40u);
    EXPECT_FALSE(whole.larger_awaited);
    EXPECT_FALSE(whole.trouble);
    clock_.Advance(1h);
  }
}

TEST_F(PageAskerTest, AnOmsThatRefusesLargerLimitsIsAnOmsWithACap) {
  for (const ErrorCode code : {ErrorCode::kRefused, ErrorCode::kTooLarge}) {
    SCOPED_TRACE(Name(code));
    oms_.fails_from = 11;
    oms_.fails_with = code;
    Put(40);
    auto asker = MakeAsker();
    const FetchedPage fetched = Get(asker);
    EXPECT_TRUE(fetched.truncated);
    EXPECT_FALSE(fetched.larger_awaited);
    ASSERT_TRUE(fetched.trouble);
    EXPECT_EQ(fetched.trouble->code, code);
    EXPECT_NE(fetched.trouble->message.find("the OMS returns at most 10 rows"), std::string::npos);
    oms_.asked.clear();
    Get(asker);
    EXPECT_EQ(oms_.asked.size(), 1u) << "refused once is enough";
  }
}

TEST_F(PageAskerTest, LargerPagesThatNeverComeAreAwaitedForHalfAnHour) {
  oms_.fails_from = 11;
  oms_.fails_with = ErrorCode::kHttpStatus;
  auto asker = MakeAsker();
  while (clock_.Now() - kStart < 30min) {
    Put(40);
    EXPECT_TRUE(Get(asker).larger_awaited);
    clock_.Advance(1min);
  }
  Put(40);
  EXPECT_FALSE(Get(asker).larger_awaited);
}

TEST_F(PageAskerTest, ALargerPageThatCameStartsTheHalfHourAnew) {
  oms_.fails_with = ErrorCode::kHttpStatus;
  oms_.fails_from = 11;
  Put(40);
  auto asker = MakeAsker();
  EXPECT_TRUE(Get(asker).larger_awaited);
  clock_.Advance(20min);
  oms_.fails_from.reset();
  Put(40);
  EXPECT_FALSE(Get(asker).truncated);
  clock_.Advance(20min);
  oms_.fails_from = 11;
  Put(40);
  EXPECT_FALSE(TryGet(asker)) << "asked at once with the limit that was enough the last time";
  EXPECT_TRUE(Get(asker).larger_awaited) << "failing for no time yet, not for 40 minutes";
}

TEST_F(PageAskerTest, AfterTheHalfHourThatWasInVainAnotherOneBegins) {
  oms_.fails_from = 11;
  oms_.fails_with = ErrorCode::kHttpStatus;
  Put(40);
  auto asker = MakeAsker();
  EXPECT_TRUE(Get(asker).larger_awaited);
  clock_.Advance(30min);
  Put(40);
  EXPECT_FALSE(Get(asker).larger_awaited);
  clock_.Advance(1h);
  EXPECT_FALSE(Get(asker).truncated) << "a whole page ends the cap";
  Put(40);
  EXPECT_TRUE(Get(asker).larger_awaited);
}

TEST_F(PageAskerTest, NothingIsAskedWithNoTimeLeft) {
  oms_.takes = 5s;
  oms_.spend = [this](auto by) { clock_.Advance(by); };
  Put(900);
  auto asker = MakeAsker();
  Get(asker);
  EXPECT_EQ(oms_.given, (std::vector<Millis>{10s, 5s}));
}

TEST_F(PageAskerTest, RequestsOfOnePageShareItsDeadline) {
  oms_.takes = 4s;
  oms_.spend = [this](auto by) { clock_.Advance(by); };
  Put(900);
  auto asker = MakeAsker();
  const FetchedPage fetched = Get(asker);
  EXPECT_EQ(oms_.given, (std::vector<Millis>{10s, 6s, 2s})) << "what is left each time; then there is none";
  ASSERT_TRUE(fetched.trouble);
  EXPECT_EQ(fetched.trouble->code, ErrorCode::kTimeout);
  EXPECT_TRUE(fetched.larger_awaited);
  oms_.asked.clear();
  EXPECT_EQ(Get(asker).page.rows, 900u);
  EXPECT_EQ(oms_.asked.front().limit, 640) << "what there was no time for has the whole time";
}

TEST_F(PageAskerTest, WithoutADeadlineEachRequestHasTheTimeout) {
  oms_.takes = 4s;
  oms_.spend = [this](auto by) { clock_.Advance(by); };
  Put(100);
  auto asker = MakeAsker();
  ASSERT_TRUE(asker.Get(Last(30min), std::nullopt, {}, {}));
  EXPECT_EQ(oms_.given, (std::vector<Millis>{10s, 10s, 10s}));
}

TEST_F(PageAskerTest, StopInTheMiddleOfALargerPageDoesNotFailTheSmallOne) {
  oms_.fails_from = 11;
  oms_.fails_with = ErrorCode::kCancelled;
  Put(40);
  auto asker = MakeAsker();
  const auto fetched = TryGet(asker);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kCancelled);
}

TEST_F(PageAskerTest, ProgressReportsEachRequestAndItsAnswer) {
  Put(35);
  auto asker = MakeAsker();
  std::vector<AskedPage> seen;
  ASSERT_TRUE(asker.Get(Last(30min), std::nullopt, [&](const AskedPage& page) { seen.push_back(page); }, {}));
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].phase, AskedPage::Phase::kAsking);
  EXPECT_EQ(seen[0].window.limit, 10);
  EXPECT_EQ(seen[0].rows, 0u);
  EXPECT_EQ(seen[1].phase, AskedPage::Phase::kAnswered);
  EXPECT_EQ(seen[1].rows, 10u);
  EXPECT_EQ(seen[2].window.limit, 40);
  EXPECT_EQ(seen[3].rows, 35u);
}

}  // namespace
}  // namespace o2o

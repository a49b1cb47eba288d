// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/query_turns.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <optional>
#include <thread>

#include "base/clock.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

class QueryTurnsTest : public ::testing::Test {
 protected:
  Result<QueryTurns::Turn> Await(std::int64_t question, Millis within = 60s) {
    return turns_.Await(question, clock_.Monotonic() + within, {});
  }

  const SystemClock clock_{};
  QueryTurns turns_{clock_};
};

TEST_F(QueryTurnsTest, TwoQueriesAtOnceAndNoneOfTheSameQuestion) {
  std::array<std::atomic<int>, 6> running_of{};  // by question
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> turns = 0;
  std::vector<std::jthread> sources;
  for (int source = 0; source < 12; ++source) {
    sources.emplace_back([&, source] {
      for (int poll = 0; poll < 50; ++poll) {
        const int question = source % 6;
        const auto turn = Await(question);
        ASSERT_TRUE(turn) << turn.error().message;
        EXPECT_EQ(++running_of[question], 1);
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++turns;
        std::this_thread::yield();
        --running;
        --running_of[question];
      }
    });
  }
  sources.clear();
  EXPECT_EQ(turns, 600);
  EXPECT_LE(most, 2);
}

// Whichever of the two wakes first: the one behind gets its turn when the one in front has taken its own.
TEST_F(QueryTurnsTest, TurnsThatEndTogetherGoToTheNextTwo) {
  for (int round = 0; round < 300; ++round) {
    std::optional<Result<QueryTurns::Turn>> first(Await(1)), second(Await(2));
    std::latch both(2);
    const auto run = [&](std::int64_t question) {
      const auto turn = Await(question);
      EXPECT_TRUE(turn);
      both.arrive_and_wait();
    };
    const std::jthread third(run, 3), fourth(run, 4);
    std::this_thread::yield();
    first.reset();
    second.reset();
  }
}

TEST_F(QueryTurnsTest, OneQueryPerQuestion) {
  std::optional<Result<QueryTurns::Turn>> first(Await(7));
  ASSERT_TRUE(*first);
  const auto second = Await(7, 30ms);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kTimeout);
  EXPECT_NE(second.error().message.find("for its turn"), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("another source is still asking the same question"),
            std::string::npos);
  EXPECT_TRUE(Await(8)) << "another question";
  first.reset();
  EXPECT_TRUE(Await(7, 0ms));
}

TEST_F(QueryTurnsTest, WaitingEndsAtTheDeadlineAndNamesWhatRuns) {
  const auto first = Await(7163);
  const auto second = Await(7196);
  const auto third = Await(7179, 30ms);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kTimeout);
  EXPECT_NE(third.error().message.find("running 7163 and 7196"), std::string::npos) << third.error().message;
}

TEST_F(QueryTurnsTest, OneThatMayNotRunYetKeepsNobodyWaiting) {
  std::optional<Result<QueryTurns::Turn>> first(Await(7));
  std::jthread same([&] { EXPECT_TRUE(Await(7)); });
  std::jthread other([&] { EXPECT_TRUE(Await(8)); });
  other.join();
  first.reset();
}

TEST_F(QueryTurnsTest, StopWakesThoseWhoWait) {
  const auto first = Await(7);
  const auto second = Await(8);
  std::stop_source stop;
  std::jthread waiting([&] {
    const auto third = turns_.Await(9, clock_.Monotonic() + 1h, stop.get_token());
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::kCancelled);
  });
  std::jthread patient([&] { EXPECT_FALSE(turns_.Await(7, clock_.Monotonic() + 1h, stop.get_token())); });
  stop.request_stop();
}

}  // namespace
}  // namespace o2o

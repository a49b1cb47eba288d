// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/query_turns.h"

#include <gtest/gtest.h>

#include <atomic>
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

TEST_F(QueryTurnsTest, TwoQueriesAtOnce) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> turns = 0;
  std::vector<std::jthread> sources;
  for (int source = 0; source < 12; ++source) {
    sources.emplace_back([&, source] {
      for (int poll = 0; poll < 50; ++poll) {
        const auto turn = Await(source);
        ASSERT_TRUE(turn) << turn.error().message;
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        ++turns;
        std::this_thread::yield();
        --running;
      }
    });
  }
  sources.clear();
  EXPECT_EQ(turns, 600);
  EXPECT_LE(most, 2);
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

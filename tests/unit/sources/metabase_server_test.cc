// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "base/log.h"
#include "fakes/fake_clock.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

class MetabaseServerTest : public ::testing::Test {
 protected:
  Result<MetabaseServer::Turn> Take(std::int64_t question, Millis within = 60s) {
    return server_.TakeTurn(question, clock_.Monotonic() + within, {});
  }

  const SystemClock clock_{};
  MetabaseServer server_{"http://mb.example", clock_};
};

TEST_F(MetabaseServerTest, TwoQueriesAtOnce) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> turns = 0;
  std::vector<std::jthread> sources;
  for (int source = 0; source < 12; ++source) {
    sources.emplace_back([&, source] {
      for (int poll = 0; poll < 50; ++poll) {
        const auto turn = Take(source);
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

TEST_F(MetabaseServerTest, OneQueryPerQuestion) {
  std::optional<Result<MetabaseServer::Turn>> first(Take(7));
  ASSERT_TRUE(*first);
  const auto second = Take(7, 30ms);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kTimeout);
  EXPECT_NE(second.error().message.find("for its turn"), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("another source still asks the same question"), std::string::npos);
  EXPECT_TRUE(Take(8)) << "another question";
  first.reset();
  EXPECT_TRUE(Take(7, 0ms));
}

TEST_F(MetabaseServerTest, WaitingEndsAtTheDeadlineAndNamesWhatRuns) {
  const auto first = Take(7163);
  const auto second = Take(7196);
  const auto third = Take(7179, 30ms);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kTimeout);
  EXPECT_NE(third.error().message.find("running 7163 and 7196"), std::string::npos) << third.error().message;
}

TEST_F(MetabaseServerTest, OneThatMayNotRunYetKeepsNobodyWaiting) {
  std::optional<Result<MetabaseServer::Turn>> first(Take(7));
  std::jthread same([&] { EXPECT_TRUE(Take(7)); });
  std::jthread other([&] { EXPECT_TRUE(Take(8)); });
  other.join();
  first.reset();
}

TEST_F(MetabaseServerTest, StopWakesThoseWhoWait) {
  const auto first = Take(7);
  const auto second = Take(8);
  std::stop_source stop;
  std::jthread waiting([&] {
    const auto third = server_.TakeTurn(9, clock_.Monotonic() + 1h, stop.get_token());
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::kCancelled);
  });
  std::jthread patient([&] { EXPECT_FALSE(server_.TakeTurn(7, clock_.Monotonic() + 1h, stop.get_token())); });
  stop.request_stop();
}

TEST(MetabaseServerVersionTest, IsAskedForOnceAnHourForAll) {
  FakeClock clock{Timestamp(1'760'000'000s)};
  MetabaseServer server("http://mb.example", clock);
  EXPECT_TRUE(server.VersionIsDue());
  EXPECT_FALSE(server.VersionIsDue());
  clock.Advance(59min);
  EXPECT_FALSE(server.VersionIsDue());
  clock.Advance(1min);
  EXPECT_TRUE(server.VersionIsDue());
}

TEST(MetabaseServerVersionTest, IsLoggedWhenItChanges) {
  const SystemClock clock;
  MetabaseServer server("http://mb.example", clock);
  testing::internal::CaptureStderr();
  for (const char* version : {"v0.50.26", "v0.50.26", "v0.53.1"}) server.NoteVersion(version);
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("v0.53.1"), std::string::npos) << log;
}

}  // namespace
}  // namespace o2o

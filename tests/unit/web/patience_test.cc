// SPDX-License-Identifier: Apache-2.0
#include "web/patience.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace o2o {
namespace {

using Phase = Patience::Phase;
using namespace std::chrono_literals;

// Clients that take at a steady pace, looked at every 100 ms of a time of their own.
class PatienceTest : public ::testing::Test {
 protected:
  void Connect(std::uint64_t id, Phase phase, double bytes_per_second) {
    clients_.push_back({id, phase, 0});
    paces_.push_back(bytes_per_second);
  }

  // The ids that had to go meanwhile, in their order.
  std::vector<std::uint64_t> Watch(std::chrono::milliseconds time, bool crowded = false) {
    std::vector<std::uint64_t> gone;
    for (const MonotonicTime end = now_ + time; now_ < end; now_ += 100ms) {
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        clients_[i].taken += static_cast<std::uint64_t>(paces_[i] / 10);
      }
      for (const std::uint64_t id : patience_.Look(clients_, now_, crowded)) {
        gone.push_back(id);
        const auto at =
            std::find_if(clients_.begin(), clients_.end(), [id](const auto& c) { return c.id == id; });
        paces_.erase(paces_.begin() + (at - clients_.begin()));
        clients_.erase(at);
      }
    }
    return gone;
  }

  Patience patience_;
  MonotonicTime now_{};
  std::vector<Patience::Client> clients_;
  std::vector<double> paces_;
};

TEST_F(PatienceTest, ARequestHasFiveSecondsHoweverItDrips) {
  Connect(1, Phase::kAsking, 0);
  EXPECT_TRUE(Watch(5s).empty());
  EXPECT_EQ(Watch(1s), std::vector<std::uint64_t>{1});
}

TEST_F(PatienceTest, WhoWaitsForItsAnswerMayWait) {
  Connect(1, Phase::kWaiting, 0);
  EXPECT_TRUE(Watch(600s).empty());
  EXPECT_TRUE(Watch(10s, true).empty());
}

TEST_F(PatienceTest, AReaderTakes64KiBInFiveSecondsOrGoes) {
  Connect(1, Phase::kTaking, 2'000);
  Connect(2, Phase::kTaking, 12'000);
  Connect(3, Phase::kTaking, 14'000);
  Connect(4, Phase::kTaking, 0);
  const auto gone = Watch(60s);
  EXPECT_EQ(std::set(gone.begin(), gone.end()), (std::set<std::uint64_t>{1, 2, 4}));
}

TEST_F(PatienceTest, AReaderThatStopsGoes) {
  Connect(1, Phase::kTaking, 1e6);
  EXPECT_TRUE(Watch(20s).empty());
  paces_[0] = 0;
  EXPECT_EQ(Watch(6s), std::vector<std::uint64_t>{1});
}

TEST_F(PatienceTest, ASlowLinkGetsSixteenMegabytesAndNobodyStaysForever) {
  Connect(1, Phase::kTaking, 100'000);
  EXPECT_TRUE(Watch(168s).empty());
  EXPECT_GE(clients_[0].taken, 16u << 20);
  EXPECT_EQ(Watch(20s), std::vector<std::uint64_t>{1});
}

TEST_F(PatienceTest, TheTimeToTakeBeginsWithTheAnswer) {
  Connect(1, Phase::kWaiting, 0);
  EXPECT_TRUE(Watch(30s).empty());
  clients_[0].phase = Phase::kTaking;
  paces_[0] = 20'000;
  EXPECT_TRUE(Watch(60s).empty());
}

TEST_F(PatienceTest, InACrowdTheSlowestGoFirst) {
  Connect(1, Phase::kTaking, 100'000);
  for (std::uint64_t id = 100; id < 259; ++id)
    Connect(id, id % 2 ? Phase::kTaking : Phase::kAsking, id % 2 ? 2'000 : 0);
  EXPECT_TRUE(Watch(1s).empty());
  const auto first = Watch(100ms, true);
  ASSERT_EQ(first.size(), 32u);
  for (const std::uint64_t id : first) EXPECT_EQ(id % 2, 0u) << id;  // they take nothing at all
  const auto more = Watch(400ms, true);
  EXPECT_EQ(more.size(), 127u + 1u);
  EXPECT_EQ(more.back(), 1u);
}

TEST_F(PatienceTest, InACrowdEveryoneHasAMoment) {
  for (std::uint64_t id = 1; id <= 160; ++id) Connect(id, Phase::kTaking, 0);
  EXPECT_TRUE(Watch(300ms, true).empty());
  EXPECT_EQ(Watch(100ms, true).size(), 32u);
}

TEST_F(PatienceTest, ForgetsWhoHasLeft) {
  Connect(1, Phase::kAsking, 0);
  EXPECT_TRUE(Watch(4s).empty());
  clients_.clear();
  paces_.clear();
  EXPECT_TRUE(Watch(100ms).empty());
  Connect(1, Phase::kAsking, 0);
  EXPECT_TRUE(Watch(4s).empty());
}

}  // namespace
}  // namespace o2o

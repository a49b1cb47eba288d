// SPDX-License-Identifier: Apache-2.0
#include "app/rhythm.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

using namespace std::chrono_literals;
using Ending = Rhythm::Ending;

TEST(RhythmTest, GoodPollsKeepTheInterval) {
  Rhythm rhythm(15s, 1);
  EXPECT_EQ(rhythm.Next(Ending::kGood), 15s);
  EXPECT_EQ(rhythm.Next(Ending::kGood), 15s);
}

TEST(RhythmTest, FailuresBackOffWithJitterToACeilingAndRecoverAtOnce) {
  Rhythm rhythm(15s, 1);
  for (const Millis expected : {30s, 60s, 120s, 120s, 120s}) {
    const Millis next = rhythm.Next(Ending::kFailed);
    EXPECT_GE(next, expected * 8 / 10);
    EXPECT_LE(next, expected * 12 / 10);
  }
  EXPECT_EQ(rhythm.Next(Ending::kGood), 15s);
}

TEST(RhythmTest, FailuresAfterARecoveryBackOffFromTheStart) {
  for (const Ending good : {Ending::kGood, Ending::kCutShort}) {
    Rhythm rhythm(15s, 1);
    for (int i = 0; i < 5; ++i) rhythm.Next(Ending::kFailed);
    rhythm.Next(good);
    EXPECT_LE(rhythm.Next(Ending::kFailed), 36s);
  }
}

TEST(RhythmTest, BackoffNeverPassesFiveMinutesNorFallsBelowTheInterval) {
  Rhythm five(100s, 1);
  for (int i = 0; i < 9; ++i) EXPECT_LE(five.Next(Ending::kFailed), 360s);
  Rhythm hour(1h, 1);
  for (int i = 0; i < 9; ++i) EXPECT_GE(hour.Next(Ending::kFailed), 48min);
}

TEST(RhythmTest, TwoReplicasDoNotComeBackTogether) {
  Rhythm one(15s, 1);
  Rhythm other(15s, 2);
  EXPECT_NE(one.Next(Ending::kFailed), other.Next(Ending::kFailed));
}

TEST(RhythmTest, CutShortAnswersHalveTheIntervalDownToASecond) {
  Rhythm rhythm(15s, 1);
  EXPECT_EQ(rhythm.Next(Ending::kCutShort), 7500ms);
  for (int i = 0; i < 9; ++i) rhythm.Next(Ending::kCutShort);
  EXPECT_EQ(rhythm.Next(Ending::kCutShort), 1s);
  EXPECT_EQ(rhythm.Next(Ending::kGood), 15s);
}

TEST(RhythmTest, StartIsSpreadOverAtMostTwoSeconds) {
  Millis earliest = 10s;
  Millis latest = 0s;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    const Millis delay = Rhythm(15s, seed * 7919).StartDelay();
    earliest = std::min(earliest, delay);
    latest = std::max(latest, delay);
  }
  EXPECT_GE(earliest, 0s);
  EXPECT_LE(latest, 2s);
  EXPECT_GT(latest - earliest, 1s);
}

}  // namespace
}  // namespace o2o

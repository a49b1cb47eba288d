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

TEST(RhythmTest, BackoffNeverPassesFiveMinutesNorFallsBelowTheInterval) {
  Rhythm five(100s, 1);
  for (int i = 0; i < 9; ++i) EXPECT_LE(five.Next(Ending::kFailed), 360s);
  Rhythm hour(1h, 1);
  for (int i = 0; i < 9; ++i) EXPECT_GE(hour.Next(Ending::kFailed), 48min);
}

TEST(RhythmTest, AfterARecoveryFailuresBeginAnew) {
  for (const Ending recovery : {Ending::kGood, Ending::kCutShort}) {
    Rhythm rhythm(15s, 1);
    for (int i = 0; i < 5; ++i) rhythm.Next(Ending::kFailed);
    rhythm.Next(recovery);
    EXPECT_LE(rhythm.Next(Ending::kFailed), 36s);
    EXPECT_GT(rhythm.Next(Ending::kFailed), 36s);
  }
}

TEST(RhythmTest, TheWaitThatIsAskedForIsKeptAndThenTheNormalRhythm) {
  Rhythm rhythm(15s, 1);
  const Millis wait = rhythm.Next(Ending::kFailed, 90s);
  EXPECT_GE(wait, 90s);
  EXPECT_LE(wait, 92s);
  EXPECT_EQ(rhythm.Next(Ending::kGood), 15s);
  for (int i = 0; i < 5; ++i) rhythm.Next(Ending::kFailed);
  EXPECT_LE(rhythm.Next(Ending::kFailed, 20s), 22s) << "it knows better than our back-off";
}

TEST(RhythmTest, TheWaitThatIsAskedForIsNeverBelowTheIntervalNorAboveAnHour) {
  Rhythm rhythm(15s, 1);
  EXPECT_GE(rhythm.Next(Ending::kFailed, 0s), 15s);
  EXPECT_GE(rhythm.Next(Ending::kFailed, 24h), 1h);
  EXPECT_LE(rhythm.Next(Ending::kFailed, 24h), 1h + 2s);
  Rhythm daily(6h, 1);
  EXPECT_GE(daily.Next(Ending::kFailed, 7h), 6h);
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

// The earliest and the latest of many that start together.
std::pair<Millis, Millis> Starts(Millis interval) {
  Millis earliest = 24h;
  Millis latest = 0s;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    const Millis delay = Rhythm(interval, seed * 7919).StartDelay();
    earliest = std::min(earliest, delay);
    latest = std::max(latest, delay);
  }
  return {earliest, latest};
}

TEST(RhythmTest, StartIsSpreadOverAQuarterOfTheIntervalAndTwoSecondsAtMost) {
  for (const auto& [interval, most] : {std::pair<Millis, Millis>{15s, 2s}, {4s, 1s}, {400ms, 100ms}}) {
    const auto [earliest, latest] = Starts(interval);
    EXPECT_GE(earliest, 0s);
    EXPECT_LT(earliest, most / 10);
    EXPECT_LE(latest, most);
    EXPECT_GT(latest, most * 9 / 10);
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/version_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/log.h"
#include "fakes/fake_clock.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

TEST(VersionLogTest, IsAskedForOnceAnHourForAll) {
  FakeClock clock{Timestamp(1'760'000'000s)};
  VersionLog version_log("http://mb.example", clock);
  EXPECT_TRUE(version_log.BeginCheck());
  EXPECT_FALSE(version_log.BeginCheck());
  clock.Advance(59min);
  EXPECT_FALSE(version_log.BeginCheck());
  clock.Advance(1min);
  EXPECT_TRUE(version_log.BeginCheck());
}

TEST(VersionLogTest, IsLoggedWhenItChanges) {
  const SystemClock clock;
  VersionLog version_log("http://mb.example", clock);
  testing::internal::CaptureStderr();
  for (const char* version : {"v0.50.26", "v0.50.26", "v0.53.1"}) version_log.Note(version);
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("v0.53.1"), std::string::npos) << log;
}

}  // namespace
}  // namespace o2o

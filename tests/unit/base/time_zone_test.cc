// SPDX-License-Identifier: Apache-2.0
#include "base/time_zone.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/time_text.h"

namespace o2o {
namespace {

// The time in the spelling that FormatTime gives, or "none".
std::string Read(std::string_view text, const TimeZone& zone, std::optional<Timestamp> now = std::nullopt) {
  const std::optional<Timestamp> time = ParseTime(text, zone, now);
  return time ? FormatTime(*time) : "none";
}

TimeZone Zone(std::string_view name) {
  const std::optional<TimeZone> zone = TimeZone::Find(name);
  EXPECT_TRUE(zone) << name;
  return zone.value_or(TimeZone());
}

TEST(TimeZoneTest, WallClockWithoutOffsetIsOfTheZone) {
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("Asia/Ho_Chi_Minh")), "2026-11-20T03:00:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("Europe/Amsterdam")), "2026-11-20T09:00:00Z") << "a link";
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("+07:00")), "2026-11-20T03:00:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("-0330")), "2026-11-20T13:30:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00Z", Zone("+07:00")), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Read("2026-07-01T12:00:00", Zone("Europe/Berlin")), "2026-07-01T10:00:00Z");
  EXPECT_EQ(Read("2026-12-01T12:00:00", Zone("Europe/Berlin")), "2026-12-01T11:00:00Z");
}

TEST(TimeZoneTest, OfATimeThatHappensTwiceTheLaterOneThatHasCome) {
  const TimeZone berlin = Zone("Europe/Berlin");
  // 02:30 is 00:30 UTC, and after the clock was set back 01:30 UTC.
  const auto seen_at = [&](std::string_view now) {
    return Read("2026-10-25T02:30:00.5", berlin, ParseTime(now, TimeZone()));
  };
  EXPECT_EQ(Read("2026-10-25T02:30:00.5", berlin), "2026-10-25T00:30:00.500000Z") << "nothing is known";
  EXPECT_EQ(seen_at("2026-10-24T00:00:00Z"), "2026-10-25T00:30:00.500000Z") << "both are to come";
  EXPECT_EQ(seen_at("2026-10-25T00:45:00Z"), "2026-10-25T00:30:00.500000Z");
  EXPECT_EQ(seen_at("2026-10-25T01:30:00.499999Z"), "2026-10-25T00:30:00.500000Z");
  EXPECT_EQ(seen_at("2026-10-25T01:30:00.5Z"), "2026-10-25T01:30:00.500000Z");
  EXPECT_EQ(seen_at("2027-01-01T00:00:00Z"), "2026-10-25T01:30:00.500000Z");
  EXPECT_EQ(Read("2026-10-25T02:30:00+02:00", berlin, ParseTime("2027-01-01", TimeZone())),
            "2026-10-25T00:30:00Z")
      << "an offset leaves no doubt";
  EXPECT_EQ(Read("2026-10-25 02:30:00 Europe/Berlin", TimeZone(), ParseTime("2027-01-01", TimeZone())),
            "2026-10-25T01:30:00Z");
}

TEST(TimeZoneTest, OfATimeThatIsSkippedTheJump) {
  const TimeZone berlin = Zone("Europe/Berlin");
  // 02:30 is skipped on 29 March 2026: the moment of the jump.
  EXPECT_EQ(Read("2026-03-29T02:30:00", berlin), "2026-03-29T01:00:00Z");
  EXPECT_EQ(Read("2026-03-29T01:59:59", berlin), "2026-03-29T00:59:59Z");
  EXPECT_EQ(Read("2026-03-29T03:00:00", berlin), "2026-03-29T01:00:00Z");
}

TEST(TimeZoneTest, RefusesAnUnknownZone) {
  for (const char* name : {"", "Mars/Olympus", "utc+7", "+7", "+16:00", "+07:00x", "../../etc/passwd",
                           "Asia/ho_chi_minh", "/etc/localtime", "Asia", "tzdata.zi", "+"}) {
    EXPECT_FALSE(TimeZone::Find(name)) << name;
  }
}

TEST(TimeZoneTest, ZonesMayBeSharedByThreads) {
  const TimeZone zone = Zone("America/New_York");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([zone] {
      for (int round = 0; round < 1000; ++round) {
        ASSERT_EQ(Read("2026-11-20T10:00:00", zone), "2026-11-20T15:00:00Z");
        ASSERT_TRUE(TimeZone::Find("Europe/Paris"));
      }
    });
  }
}

TEST(TimeZoneTest, WallTimeIsWhatAClockThereShows) {
  const auto wall = [](std::string_view zone, std::string_view utc) {
    const Timestamp time = ParseTime(utc, TimeZone()).value();
    return FormatTime(Timestamp(Zone(zone).ToWall(time).time_since_epoch()));
  };
  EXPECT_EQ(wall("UTC", "2026-11-20T20:00:00Z"), "2026-11-20T20:00:00Z");
  EXPECT_EQ(wall("+07:00", "2026-11-20T20:00:00Z"), "2026-11-21T03:00:00Z");
  EXPECT_EQ(wall("Asia/Ho_Chi_Minh", "2026-11-20T20:00:00.5Z"), "2026-11-21T03:00:00.500000Z");
  EXPECT_EQ(wall("Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-25T02:30:00Z");
  EXPECT_EQ(wall("Europe/Berlin", "2026-10-25T01:30:00Z"), "2026-10-25T02:30:00Z");
}

TEST(TimeZoneTest, HasTheNameItWasFoundBy) {
  EXPECT_EQ(TimeZone().name(), "UTC");
  EXPECT_EQ(Zone("Asia/Ho_Chi_Minh").name(), "Asia/Ho_Chi_Minh");
  EXPECT_EQ(Zone("+07:00").name(), "+07:00");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace o2o {
namespace {

// The time in the spelling that FormatTime gives, or "none".
std::string Read(std::string_view text, const TimeZone& zone = TimeZone()) {
  const std::optional<Timestamp> time = ParseTime(text, zone);
  return time ? FormatTime(*time) : "none";
}

TimeZone Zone(std::string_view name) {
  const std::optional<TimeZone> zone = TimeZone::Find(name);
  EXPECT_TRUE(zone) << name;
  return zone.value_or(TimeZone());
}

TEST(TimeTextTest, ReadsIsoTimes) {
  struct Case {
    const char *text, *utc;
  };
  const Case cases[] = {
      {"2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
      {"2026-11-20t10:00:00z", "2026-11-20T10:00:00Z"},
      {"2026-11-20 10:00:00", "2026-11-20T10:00:00Z"},
      {"2026-11-20T10:00", "2026-11-20T10:00:00Z"},
      {"2026-11-20T10:00Z", "2026-11-20T10:00:00Z"},
      {"2026-11-20", "2026-11-20T00:00:00Z"},
      {"2026-11-20T10:00:00+07:00", "2026-11-20T03:00:00Z"},
      {"2026-11-20T10:00:00+0700", "2026-11-20T03:00:00Z"},
      {"2026-11-20 10:00:00+07", "2026-11-20T03:00:00Z"},
      {"2026-11-20T10:00:00-03:30", "2026-11-20T13:30:00Z"},
      {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"},
      {"2026-11-20T10:00:00.1Z", "2026-11-20T10:00:00.100000Z"},
      {"2026-11-20T10:00:00.123456Z", "2026-11-20T10:00:00.123456Z"},
      {"2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00.123456Z"},
      {"2026-11-20T10:00:00.999999999+07:00", "2026-11-20T03:00:00.999999Z"},
      {"2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00Z"},
      {"2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
      {"2200-12-31T23:59:59.999999Z", "2200-12-31T23:59:59.999999Z"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.text), c.utc) << c.text;
}

TEST(TimeTextTest, ReadsEpochSecondsAndMilliseconds) {
  EXPECT_EQ(Read("0"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Read("1795168800"), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Read("1795168800.25"), "2026-11-20T10:00:00.250000Z");
  EXPECT_EQ(Read("1795168800123"), "2026-11-20T10:00:00.123000Z");
  EXPECT_EQ(Read("1795168800123.0"), "2026-11-20T10:00:00.123000Z");
  EXPECT_EQ(Read("100000000000"), "1973-03-03T09:46:40Z");
  EXPECT_EQ(Read("7289654399"), "2200-12-31T23:59:59Z");
}

TEST(TimeTextTest, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           " ",
                           "now",
                           "null",
                           "2026-11",
                           "2026-11-31",
                           "2027-02-29",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-11-00",
                           "2026-11-20T",
                           "2026-11-20T24:00:00Z",
                           "2026-11-20T10:60:00Z",
                           "2026-11-20T10:00:60Z",
                           "2026-11-20T10:00:00.Z",
                           "2026-11-20T10:00:00.",
                           "2026-11-20T10:00:00+",
                           "2026-11-20T10:00:00+7",
                           "2026-11-20T10:00:00+16:00",
                           "2026-11-20T10:00:00+07:60",
                           "2026-11-20T10:00:00+07:0",
                           "2026-11-20T10:00:00+07:00x",
                           "2026-11-20T10:00:00ZZ",
                           " 2026-11-20",
                           "2026-11-20 ",

                           "2026/11/20",
                           "26-11-20",
                           "2026-1-2",
                           "-5",
                           "+5",
                           "1e9",
                           "1795168800.",
                           ".5",
                           "NaN",
                           "7289654400",
                           "99999999999",
                           "1795168800123456",
                           "9999999999999999999999",
                           "1969-12-31T23:59:59Z",
                           "2201-01-01",
                           "1970-01-01T00:00:00+01:00",
                           "0001-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(Read(text), "none") << text;
  }
}

TEST(TimeTextTest, WallClockWithoutOffsetIsOfTheZone) {
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("Asia/Ho_Chi_Minh")), "2026-11-20T03:00:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("Europe/Amsterdam")), "2026-11-20T09:00:00Z") << "a link";
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("+07:00")), "2026-11-20T03:00:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00", Zone("-0330")), "2026-11-20T13:30:00Z");
  EXPECT_EQ(Read("2026-11-20T10:00:00Z", Zone("+07:00")), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Read("2026-07-01T12:00:00", Zone("Europe/Berlin")), "2026-07-01T10:00:00Z");
  EXPECT_EQ(Read("2026-12-01T12:00:00", Zone("Europe/Berlin")), "2026-12-01T11:00:00Z");
}

TEST(TimeTextTest, ClockChangesAreDecided) {
  const TimeZone berlin = Zone("Europe/Berlin");
  // 02:30 happens twice on 25 October 2026: the earlier one.
  EXPECT_EQ(Read("2026-10-25T02:30:00.5", berlin), "2026-10-25T00:30:00.500000Z");
  // 02:30 is skipped on 29 March 2026: the moment of the jump.
  EXPECT_EQ(Read("2026-03-29T02:30:00", berlin), "2026-03-29T01:00:00Z");
  EXPECT_EQ(Read("2026-03-29T01:59:59", berlin), "2026-03-29T00:59:59Z");
  EXPECT_EQ(Read("2026-03-29T03:00:00", berlin), "2026-03-29T01:00:00Z");
}

TEST(TimeTextTest, KnowsNoSuchZone) {
  for (const char* name : {"", "Mars/Olympus", "utc+7", "+7", "+16:00", "+07:00x", "../../etc/passwd",
                           "Asia/ho_chi_minh", "/etc/localtime", "Asia", "tzdata.zi", "+"}) {
    EXPECT_FALSE(TimeZone::Find(name)) << name;
  }
}

TEST(TimeTextTest, ZonesMayBeSharedByThreads) {
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

TEST(TimeTextTest, FormattedTimesReadBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 10'000; ++round) {
    const Timestamp time{std::chrono::microseconds(random() % 7'289'654'400'000'000)};
    ASSERT_EQ(ParseTime(FormatTime(time), TimeZone()), time);
  }
  EXPECT_EQ(FormatTime(Timestamp(std::chrono::microseconds(-1))), "1969-12-31T23:59:59.999999Z");
}

TEST(TimeTextTest, ReadsHttpDates) {
  const auto read = [](std::string_view text) {
    const std::optional<Timestamp> time = ParseHttpDate(text);
    return time ? FormatTime(*time) : "none";
  };
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT"), "1994-11-06T08:49:37Z");
  EXPECT_EQ(read("Fri, 20 Nov 2026 10:00:00 GMT"), "2026-11-20T10:00:00Z");
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.h"

#include <gtest/gtest.h>

#include <random>

namespace o2o {
namespace {

// The time in the spelling that FormatTime gives, or "none".
std::string Read(std::string_view text) {
  const std::optional<Timestamp> time = ParseTime(text, TimeZone());
  return time ? FormatTime(*time) : "none";
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

// What databases, languages and logs write. Each is ten o'clock in UTC on 20 November 2026, or says
// otherwise.
TEST(TimeTextTest, ReadsTheFormsOfOtherWriters) {
  struct Case {
    const char *text, *utc;
  };
  const char* const kTen = "2026-11-20T10:00:00Z";
  const Case cases[] = {
      // ISO 8601, short of the usual
      {"20261120T100000Z", kTen},
      {"20261120T1000Z", kTen},
      {"20261120T170000+0700", kTen},
      {"20261120 100000", kTen},
      {"2026-W47-5T10:00:00Z", kTen},
      {"2026W475T100000Z", kTen},
      {"2026-324T10:00:00Z", kTen},
      {"2026-W01-1", "2025-12-29T00:00:00Z"},
      {"2026-W53-7", "2027-01-03T00:00:00Z"},
      {"2028-366", "2028-12-31T00:00:00Z"},
      // SAP, warehouses, MySQL's number of a datetime, LDAP
      {"20261120", "2026-11-20T00:00:00Z"},
      {"20261120.0", "2026-11-20T00:00:00Z"},
      {"202611201000", kTen},
      {"20261120100000", kTen},
      {"20261120100000.25", "2026-11-20T10:00:00.250000Z"},
      {"20261120100000Z", kTen},
      {"20261120100000.5Z", "2026-11-20T10:00:00.500000Z"},
      {"20261120170000+0700", kTen},
      // PostgreSQL, Trino, DB2, logs
      {"2026-11-20 17:00:00+07", kTen},
      {"2026-11-20 17:00:00.123456+07", "2026-11-20T10:00:00.123456Z"},
      {"1900-01-01 00:00:00+07:06:30", "1899-12-31T16:53:30Z"},
      {"2026-11-20 10:00:00 UTC", kTen},
      {"2026-11-20 10:00:00.000 UTC", kTen},
      {"2026-11-20 10:00:00 GMT", kTen},
      {"2026-11-20 17:00:00 +07:00", kTen},
      {"2026-11-20 17:00:00 Asia/Ho_Chi_Minh", kTen},
      {"2026-11-20-10.00.00.123456", "2026-11-20T10:00:00.123456Z"},
      {"2026-11-20 10:00:00,123", "2026-11-20T10:00:00.123000Z"},
      {"2026/11/20 10:00:00", kTen},
      {"2026.11.20 10:00:00", kTen},
      {"2026-1-2 3:04:05", "2026-01-02T03:04:05Z"},
      // Java, Go, JavaScript, .NET
      {"2026-11-20T17:00+07:00[Asia/Ho_Chi_Minh]", kTen},
      {"2026-11-20T10:00:00Z[UTC]", kTen},
      {"2026-11-20T17:00[Asia/Ho_Chi_Minh]", kTen},
      {"2026-11-20 17:00:00.123456789 +0700 +07", "2026-11-20T10:00:00.123456Z"},
      {"2026-11-20 17:00:00 +0700 ICT m=+0.012345678", kTen},
      {"Fri Nov 20 2026 17:00:00 GMT+0700 (Indochina Time)", kTen},
      {"/Date(1795168800000)/", kTen},
      {"/Date(1795168800000+0700)/", kTen},
      {"/Date(-62135596800000)/", "0001-01-01T00:00:00Z"},
      // mail, HTTP, web servers, ctime, date(1)
      {"Fri, 20 Nov 2026 10:00:00 GMT", kTen},
      {"Fri, 20 Nov 2026 17:00:00 +0700 (ICT)", kTen},
      {"20 Nov 2026 10:00 +0000", kTen},
      {"Fri, 20-Nov-2026 10:00:00 GMT", kTen},
      {"20/Nov/2026:17:00:00 +0700", kTen},
      {"[20/Nov/2026:17:00:00 +0700]", kTen},
      {"Fri Nov 20 10:00:00 2026", kTen},
      {"Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"},
      {"Fri Nov 20 10:00:00 UTC 2026", kTen},
      {"Fri Nov 20 17:00:00 +0700 2026", kTen},
      // spelled out: Oracle and SAS with four digits, SQL Server, Metabase
      {"20-NOV-2026", "2026-11-20T00:00:00Z"},
      {"20NOV2026:10:00:00", kTen},
      {"20 November 2026", "2026-11-20T00:00:00Z"},
      {"Nov 20 2026 10:00AM", kTen},
      {"November 20, 2026", "2026-11-20T00:00:00Z"},
      {"November 20, 2026, 10:00 AM", kTen},
      {"February 19, 2024, 12:00 AM", "2024-02-19T00:00:00Z"},
      {"February 19, 2024, 12:30 PM", "2024-02-19T12:30:00Z"},
      {"November 20, 2026, 5:00 PM +07:00", kTen},
      // blanks around
      {" 2026-11-20T10:00:00Z\n", kTen},
      // years that no order has
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
  };
  for (const Case& c : cases) EXPECT_EQ(Read(c.text), c.utc) << c.text;
}

TEST(TimeTextTest, ReadsEpochTimes) {
  EXPECT_EQ(Read("0"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Read("1795168800"), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Read("1795168800.25"), "2026-11-20T10:00:00.250000Z");
  EXPECT_EQ(Read("1795168800123"), "2026-11-20T10:00:00.123000Z");
}

TEST(TimeTextTest, KnowsWhetherTheZoneWasAssumed) {
  for (const char* text : {"2026-11-20T10:00:00", "2026-11-20", "20261120", "202611201000",
                           "Fri Nov 20 10:00:00 2026", "November 20, 2026, 10:00 AM"}) {
    const std::optional<TimeText> read = ReadTime(text, TimeZone());
    ASSERT_TRUE(read) << text;
    EXPECT_TRUE(read->zone_assumed) << text;
  }
  for (const char* text :
       {"2026-11-20T10:00:00Z", "2026-11-20 10:00+07", "1795168800", "/Date(0)/",
        "2026-11-20 10:00:00 Asia/Ho_Chi_Minh", "20261120100000Z", "Fri Nov 20 10:00:00 UTC 2026"}) {
    const std::optional<TimeText> read = ReadTime(text, TimeZone());
    ASSERT_TRUE(read) << text;
    EXPECT_FALSE(read->zone_assumed) << text;
  }
}

TEST(TimeTextTest, RefusesOtherTexts) {
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
                           "0000-00-00",
                           "0000-01-01",
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
                           "2026-11-20T10:00:00+07:00 something",
                           "2026-11-20T10:00:00ZZ",
                           "2026-11-20T10:00:00Z later",
                           "2026-11-20 10:00:00 EST",
                           "2026-11-20 10:00:00 CET",
                           "2026-11-20 10:00:00 Mars/Olympus",
                           "2026-11-20T10:00[Asia/Ho_Chi_Minh",
                           "2026-11-20 13:00 PM",
                           "2026-11-20 0:30 AM",
                           "2026/11-20",
                           "2026-W54-1",
                           "2026-W00-1",
                           "2026-W47-8",
                           "2026-W47",
                           "2026-366",
                           "2026-000",
                           "26-11-20",
                           "20-NOV-26",
                           "20-NOX-2026",
                           "20/11/2026",
                           "11/20/2026",
                           "20.11.2026",
                           "Nov 20 10:00:00",
                           "10:00",
                           "20261320",
                           "20260230",
                           "46346",
                           "46346.4166",
                           "2461364.5",
                           "18991231",
                           "-5",
                           "+5",
                           "1e9",
                           "1795168800.",
                           ".5",
                           "NaN",
                           "infinity",
                           "86400",
                           "999999999",
                           "100000000000",
                           "9999999999999999999999",
                           "/Date(x)/",
                           "/Date(1795168800000)",
                           "/Date(1795168800000+7)/",
                           "/Date()/"}) {
    EXPECT_EQ(Read(text), "none") << text;
  }
  EXPECT_EQ(Read("2026-11-20T10:00:00" + std::string(200, ' ') + "Z"), "none");
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

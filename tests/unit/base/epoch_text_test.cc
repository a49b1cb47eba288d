// SPDX-License-Identifier: Apache-2.0
#include "base/epoch_text.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace o2o {
namespace {

std::string Read(std::string_view digits, std::string_view fraction = {}) {
  const std::optional<Timestamp> time = ReadEpoch(digits, fraction);
  return time ? FormatTime(*time) : "none";
}

TEST(EpochTextTest, TheUnitFollowsFromTheSize) {
  EXPECT_EQ(Read("1795168800"), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Read("1795168800123"), "2026-11-20T10:00:00.123000Z");
  EXPECT_EQ(Read("1795168800123456"), "2026-11-20T10:00:00.123456Z");
  EXPECT_EQ(Read("1795168800123456789"), "2026-11-20T10:00:00.123456Z");
}

TEST(EpochTextTest, FractionsAreOfTheUnit) {
  EXPECT_EQ(Read("1795168800", "25"), "2026-11-20T10:00:00.250000Z");
  EXPECT_EQ(Read("1795168800", "1234567"), "2026-11-20T10:00:00.123456Z");
  EXPECT_EQ(Read("1795168800123", "4567"), "2026-11-20T10:00:00.123456Z");
  EXPECT_EQ(Read("1795168800123456", "9"), "2026-11-20T10:00:00.123456Z");
  EXPECT_EQ(Read("0", "0"), "1970-01-01T00:00:00Z");
}

TEST(EpochTextTest, LikelyTimesAreFrom2001On) {
  EXPECT_EQ(Read("0"), "1970-01-01T00:00:00Z") << "never, or not yet";
  EXPECT_EQ(Read("1000000000"), "2001-09-09T01:46:40Z");
  EXPECT_EQ(Read("1000000000000"), "2001-09-09T01:46:40Z");
  EXPECT_EQ(Read("99999999999"), "5138-11-16T09:46:39Z");
  EXPECT_EQ(Read("253402300799"), "9999-12-31T23:59:59Z") << "never";
  EXPECT_EQ(Read("253402300799000"), "9999-12-31T23:59:59Z");
  EXPECT_EQ(Read("253402300799999999"), "9999-12-31T23:59:59.999999Z");
  for (const char* digits : {"", "1", "86400", "46346", "20261120", "999999999", "100000000000",
                             "253370764799", "253402300800", "999999999999", "99999999999999999999"}) {
    EXPECT_EQ(Read(digits), "none") << digits;
  }
  EXPECT_EQ(Read("0", "5"), "none");
}

TEST(EpochTextTest, DotNetSaysThatItIsMilliseconds) {
  const auto read = [](std::string_view text) {
    const std::optional<Timestamp> time = ReadDotNetDate(text);
    return time ? FormatTime(*time) : "none";
  };
  EXPECT_EQ(read("/Date(1795168800123)/"), "2026-11-20T10:00:00.123000Z");
  EXPECT_EQ(read("/Date(1795168800000-0330)/"), "2026-11-20T10:00:00Z");
  EXPECT_EQ(read("/Date(86400000)/"), "1970-01-02T00:00:00Z");
  for (const char* text : {"/Date(", "/Date()/", "/Date(-)/", "/Date(1)", "/Date)/", "Date(1)", "/Date(1+)/",
                           "/Date(999999999999999)/"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

}  // namespace
}  // namespace o2o

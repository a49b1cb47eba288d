// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <gtest/gtest.h>

#include <limits>

namespace o2o {
namespace {

TEST(DurationTest, ReadsPrometheusSpelling) {
  using namespace std::chrono_literals;
  EXPECT_EQ(ParseDuration("500ms"), 500ms);
  EXPECT_EQ(ParseDuration("30s"), 30s);
  EXPECT_EQ(ParseDuration("1h30m"), 90min);
  EXPECT_EQ(ParseDuration("1m500ms"), 60'500ms);
  EXPECT_EQ(ParseDuration("1y2w3d4h5m6s7ms"), 24h * (365 + 14 + 3) + 4h + 5min + 6s + 7ms);
  EXPECT_EQ(ParseDuration("185"), 185s);
  EXPECT_EQ(ParseDuration("0"), 0ms);
  EXPECT_EQ(ParseDuration("0s"), 0ms);
  EXPECT_EQ(ParseDuration("007s"), 7s);
  EXPECT_EQ(ParseDuration("9223372036854775807ms"), Millis::max());
}

TEST(DurationTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "s",
                           "1 s",
                           " 1s",
                           "1s ",
                           "1S",
                           "1.5s",
                           "-1s",
                           "+1s",
                           "1s1s",
                           "1s1m",
                           "1m1h",
                           "1ms1s",
                           "1h30",
                           "30m1",
                           "1x",
                           "1sec",
                           "1s1",
                           "1e3",
                           "0x10",
                           "9223372036854775808ms",
                           "9223372036854775807",
                           "99999999999999999999s",
                           "300000000y",
                           "m5",
                           "\xC2\xB5s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(DurationTest, FormatsWhatItReads) {
  EXPECT_EQ(FormatDuration(Millis(0)), "0s");
  EXPECT_EQ(FormatDuration(Millis(500)), "500ms");
  EXPECT_EQ(FormatDuration(Millis(15'000)), "15s");
  EXPECT_EQ(FormatDuration(Millis(90'000)), "1m30s");
  EXPECT_EQ(FormatDuration(std::chrono::days(7)), "1w");
  EXPECT_EQ(FormatDuration(std::chrono::days(8)), "8d");
  EXPECT_EQ(FormatDuration(std::chrono::days(30)), "30d");
  EXPECT_EQ(FormatDuration(std::chrono::days(365)), "1y");
  EXPECT_EQ(FormatDuration(Millis(-1'500)), "-1s500ms");
  EXPECT_EQ(FormatDuration(Millis::min()).front(), '-');
  for (std::int64_t millis : {1ll, 999ll, 61'001ll, 86'400'000ll, 604'800'001ll, 31'536'000'000ll,
                              std::numeric_limits<long long>::max()}) {
    EXPECT_EQ(ParseDuration(FormatDuration(Millis(millis))), Millis(millis));
  }
}

TEST(ByteSizeTest, ReadsWholeNumbersWithUnits) {
  EXPECT_EQ(ParseByteSize("0"), 0u);
  EXPECT_EQ(ParseByteSize("1024"), 1024u);
  EXPECT_EQ(ParseByteSize("10B"), 10u);
  EXPECT_EQ(ParseByteSize("10kB"), 10'000u);
  EXPECT_EQ(ParseByteSize("10KB"), 10'000u);
  EXPECT_EQ(ParseByteSize("64MiB"), 64u << 20);
  EXPECT_EQ(ParseByteSize("3GB"), 3'000'000'000u);
  EXPECT_EQ(ParseByteSize("4GiB"), 4ull << 30);
  EXPECT_EQ(ParseByteSize("1TiB"), 1ull << 40);
  EXPECT_EQ(ParseByteSize("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(ByteSizeTest, RefusesEverythingElse) {
  for (const char* text : {"", "MiB", "1 MiB", "1.5MiB", "-1", "+1", "1mib", "1M", "1MiBs", "1e3", "0x10",
                           "18446744073709551616", "17179869184GiB"}) {
    EXPECT_EQ(ParseByteSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace o2o

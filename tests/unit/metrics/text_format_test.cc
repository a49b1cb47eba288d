// SPDX-License-Identifier: Apache-2.0
#include "metrics/text_format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

namespace o2o {
namespace {

std::string Escaped(std::string_view value) {
  std::string out;
  AppendLabelValue(out, value);
  return out;
}

TEST(LabelValue, EscapesWhatTheFormatNeedsAndNothingElse) {
  EXPECT_EQ(Escaped("plain, with {braces} = and #"), "plain, with {braces} = and #");
  EXPECT_EQ(Escaped("a\"b"), R"(a\"b)");
  EXPECT_EQ(Escaped("a\\b"), R"(a\\b)");
  EXPECT_EQ(Escaped("a\nb"), R"(a\nb)");
  EXPECT_EQ(Escaped("\\n"), R"(\\n)");
  EXPECT_EQ(Escaped("tab\t cr\r"), "tab\t cr\r");
  EXPECT_EQ(Escaped("Phở 🍜"), "Phở 🍜");
}

TEST(LabelValue, RepairsInvalidText) {
  EXPECT_EQ(Escaped("a\xff"
                    "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Escaped(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Escaped("\"\xff\n"), "\\\"\xEF\xBF\xBD\\n");
}

TEST(Value, IsShortAndExact) {
  EXPECT_EQ(FormatValue(0.0), "0");
  EXPECT_EQ(FormatValue(-0.0), "-0");
  EXPECT_EQ(FormatValue(1.0), "1");
  EXPECT_EQ(FormatValue(-17.0), "-17");
  EXPECT_EQ(FormatValue(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(FormatValue(1e15 + 0.3), "1000000000000000.2");
  EXPECT_EQ(FormatValue(1700000000.0), "1700000000");
  EXPECT_EQ(FormatValue(1700000000.25), "1700000000.25");
  EXPECT_EQ(FormatValue(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(FormatValue(1e300), "1e+300");
  EXPECT_EQ(FormatValue(5e-324), "5e-324");
  EXPECT_EQ(FormatValue(std::int64_t{9223372036854775807}), "9223372036854775807");
}

TEST(Value, SpellsTheSpecialOnesAsPrometheusDoes) {
  EXPECT_EQ(FormatValue(std::nan("")), "NaN");
  EXPECT_EQ(FormatValue(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(FormatValue(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(Value, ReadsBackAsTheSameDouble) {
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double value;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtod(FormatValue(value).c_str(), nullptr), value) << FormatValue(value);
  }
}

TEST(Bound, IsADecimalNumberInEveryFormat) {
  EXPECT_EQ(FormatBound(0.005), "0.005");
  EXPECT_EQ(FormatBound(1), "1.0");
  EXPECT_EQ(FormatBound(2.5), "2.5");
  EXPECT_EQ(FormatBound(0), "0.0");
  EXPECT_EQ(FormatBound(86400), "86400.0");
  EXPECT_EQ(FormatBound(100000), "100000.0");
  EXPECT_EQ(FormatBound(1e6), "1e+06");
  EXPECT_EQ(FormatBound(1e-5), "1e-05");
  EXPECT_EQ(FormatBound(std::numeric_limits<double>::infinity()), "+Inf");
}

TEST(Header, EscapesHelpAsEachFormatWants) {
  const MetricDesc desc{"o2o_x", MetricType::kGauge, {}, "one \"two\"\nthree \\ four"};
  EXPECT_EQ(FamilyHeader(desc, ExpositionFormat::kText),
            "# HELP o2o_x one \"two\"\\nthree \\\\ four\n# TYPE o2o_x gauge\n");
  EXPECT_EQ(FamilyHeader(desc, ExpositionFormat::kOpenMetrics),
            "# HELP o2o_x one \\\"two\\\"\\nthree \\\\ four\n# TYPE o2o_x gauge\n");
}

TEST(Header, NamesCountersAsEachFormatWants) {
  const MetricDesc good{"o2o_x_total", MetricType::kCounter, {}, "h"};
  EXPECT_EQ(FamilyHeader(good, ExpositionFormat::kText),
            "# HELP o2o_x_total h\n# TYPE o2o_x_total counter\n");
  EXPECT_EQ(FamilyHeader(good, ExpositionFormat::kOpenMetrics), "# HELP o2o_x h\n# TYPE o2o_x counter\n");
  const MetricDesc odd{"o2o_y", MetricType::kCounter, {}, "h"};
  EXPECT_EQ(FamilyHeader(odd, ExpositionFormat::kText), "# HELP o2o_y h\n# TYPE o2o_y counter\n");
  EXPECT_EQ(FamilyHeader(odd, ExpositionFormat::kOpenMetrics), "# HELP o2o_y h\n# TYPE o2o_y unknown\n");
}

}  // namespace
}  // namespace o2o

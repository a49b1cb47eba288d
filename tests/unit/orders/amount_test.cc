// SPDX-License-Identifier: Apache-2.0
#include "orders/amount.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace o2o {
namespace {

std::string Parsed(std::string_view text) { return ParseAmount(text).value_or("none"); }

TEST(AmountTest, PlainDecimalsStayAsWritten) {
  for (const std::string_view text :
       {"0", "1", "12.50", "150000", "0.000000001", "999999999999999.999999999", "1.000000000"}) {
    EXPECT_EQ(Parsed(text), text);
  }
}

TEST(AmountTest, OneFormForEachSpelling) {
  EXPECT_EQ(Parsed(" 12.50\t\r\n"), "12.50");
  EXPECT_EQ(Parsed("007.5"), "7.5");
  EXPECT_EQ(Parsed("0.00"), "0");
  EXPECT_EQ(Parsed("-0"), "0");
  EXPECT_EQ(Parsed("-0.0"), "0");
  EXPECT_EQ(Parsed("00"), "0");
}

TEST(AmountTest, ExponentsAreWrittenOut) {
  EXPECT_EQ(Parsed("1.25e3"), "1250");
  EXPECT_EQ(Parsed("1.5E+05"), "150000");
  EXPECT_EQ(Parsed("12.50e-1"), "1.250");
  EXPECT_EQ(Parsed("5e-9"), "0.000000005");
  EXPECT_EQ(Parsed("1e14"), "100000000000000");
  EXPECT_EQ(Parsed("0e999"), "0");
}

TEST(AmountTest, NoiseOfDoublesIsRoundedHalfUp) {
  EXPECT_EQ(Parsed("179.97000000000003"), "179.97");
  EXPECT_EQ(Parsed("30.299999999999997"), "30.3");
  EXPECT_EQ(Parsed("0.30000000000000004"), "0.3");
  EXPECT_EQ(Parsed("9.9999999999999"), "10");
  EXPECT_EQ(Parsed("0.1234567895"), "0.12345679");
  EXPECT_EQ(Parsed("0.12345678949"), "0.123456789");
  EXPECT_EQ(Parsed("5.551115123125783e-17"), "0");
  EXPECT_EQ(Parsed("5e-10"), "0.000000001");
  EXPECT_EQ(Parsed("4.9e-10"), "0");
  EXPECT_EQ(Parsed("12.500000000000"), "12.5");
}

TEST(AmountTest, RefusesOtherTexts) {
  for (const std::string_view text : {"",
                                      " ",
                                      "abc",
                                      "NaN",
                                      "nan",
                                      "Infinity",
                                      "-Infinity",
                                      "inf",
                                      "1e999",
                                      "1e15",
                                      "1e-9999",
                                      "-1",
                                      "-0.01",
                                      "+1",
                                      "1,234.50",
                                      "12 50",
                                      "12.50 VND",
                                      "$5",
                                      "0x10",
                                      ".5",
                                      "5.",
                                      "1e",
                                      "1e+",
                                      "--1",
                                      "1.2.3",
                                      "1_000",
                                      "\xC2\xA0"
                                      "5",
                                      "1000000000000000",
                                      "1234567890123456789012345678901234567890",
                                      "0.1234567890123456789012345678901234567890",
                                      "123456789.1234567891",
                                      "e5",
                                      "."}) {
    EXPECT_EQ(Parsed(text), "none") << text;
  }
  EXPECT_EQ(Parsed(std::string_view("1\0", 2)), "none");
  EXPECT_EQ(Parsed("0." + std::string(100'000, '1')), "none");
}

// Whatever comes in: what goes out is digits with at most one point, within the limits, and is its own
// reading.
TEST(AmountTest, OutcomeIsAlwaysPlain) {
  static constexpr std::string_view kBytes = "0123456789.-+eE ";
  std::mt19937 random(7);
  int amounts = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t length = random() % 24; length > 0; --length)
      text += kBytes[random() % (random() % 2 == 0 ? 10 : kBytes.size())];
    const std::optional<std::string> amount = ParseAmount(text);
    if (!amount) continue;
    ++amounts;
    const std::size_t point = amount->find('.');
    const std::string whole = amount->substr(0, point);
    const std::string fraction = point == std::string::npos ? "" : amount->substr(point + 1);
    ASSERT_TRUE(!whole.empty() && whole.size() <= 15 && (whole == "0" || whole[0] != '0'))
        << text << " -> " << *amount;
    ASSERT_LE(fraction.size(), 9u) << text << " -> " << *amount;
    ASSERT_EQ((whole + fraction).find_first_not_of("0123456789"), std::string::npos)
        << text << " -> " << *amount;
    ASSERT_NE(point, amount->size() - 1) << text << " -> " << *amount;
    ASSERT_EQ(ParseAmount(*amount), amount) << text;
    ASSERT_NEAR(std::strtod(amount->c_str(), nullptr), std::strtod(text.c_str(), nullptr),
                1e-9 + 1e-9 * std::strtod(text.c_str(), nullptr))
        << text;
  }
  EXPECT_GT(amounts, 10'000);
}

}  // namespace
}  // namespace o2o

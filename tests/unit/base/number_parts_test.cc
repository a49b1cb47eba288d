// SPDX-License-Identifier: Apache-2.0
#include "base/number_parts.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

TEST(NumberPartsTest, TakesANumberApart) {
  const struct {
    const char* text;
    bool negative;
    const char* whole;
    const char* fraction;
    int exponent;
  } cases[] = {
      {"0", false, "0", "", 0},
      {"-12.50e3", true, "12", "50", 3},
      {"007.0", false, "007", "0", 0},
      {"1E+2", false, "1", "", 2},
      {"1e-2", false, "1", "", -2},
      {"-0", true, "0", "", 0},
      {"9e99999999999", false, "9", "", NumberParts::kMaxExponent},
      {"9e-99999999999", false, "9", "", -NumberParts::kMaxExponent},
  };
  for (const auto& c : cases) {
    const auto parts = ReadNumberParts(c.text);
    ASSERT_TRUE(parts) << c.text;
    EXPECT_EQ(parts->negative, c.negative) << c.text;
    EXPECT_EQ(parts->whole, c.whole) << c.text;
    EXPECT_EQ(parts->fraction, c.fraction) << c.text;
    EXPECT_EQ(parts->exponent, c.exponent) << c.text;
  }
}

TEST(NumberPartsTest, NothingElseIsANumber) {
  for (const char* text : {"", "-", "+1", "--1", ".5", "1.", "1.e2", "1e", "1e+", "1e2.5", "1x", " 1", "1 ",
                           "NaN", "Infinity", "0x1", "1,5", "\xD9\xA1"})
    EXPECT_FALSE(ReadNumberParts(text)) << text;
}

}  // namespace
}  // namespace o2o

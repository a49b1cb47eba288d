// SPDX-License-Identifier: Apache-2.0
#include "config/number_text.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

TEST(NumberTextTest, WholeNumbers) {
  EXPECT_EQ(ParseWholeNumber("0"), 0);
  EXPECT_EQ(ParseWholeNumber("9223372036854775807"), 9223372036854775807);
  for (const char* text : {"", "00", "-1", "+1", "1.0", " 1", "0x1", "9223372036854775808"}) {
    EXPECT_EQ(ParseWholeNumber(text), std::nullopt) << text;
  }
}

TEST(NumberTextTest, NumbersOfJson) {
  for (const char* text :
       {"0", "-0", "10", "0.50", "-1.5e+3", "1E-7", "1e3", "123456789012345678901234567890"}) {
    EXPECT_TRUE(IsJsonNumber(text)) << text;
    EXPECT_TRUE(IsSampleNumber(text)) << text;
  }
  for (const char* text :
       {"", "-", "+1", "01", "-01", ".5", "1.", "1e", "1e+", "0x1", "NaN", "1,5", "1 ", " 1", "1.2.3"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

TEST(NumberTextTest, SamplesAreFinite) {
  EXPECT_TRUE(IsJsonNumber("1e999"));
  EXPECT_FALSE(IsSampleNumber("1e999"));
  EXPECT_FALSE(IsSampleNumber("-1e999"));
  EXPECT_FALSE(IsSampleNumber("0." + std::string(100, '0')));
}

}  // namespace
}  // namespace o2o

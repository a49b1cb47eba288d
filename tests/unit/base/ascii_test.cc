// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(AsciiTest, CaseIsOfTheLettersOfAsciiOnly) {
  EXPECT_EQ(LowerCase("Vendor CODE 7_@[`{"), "vendor code 7_@[`{");
  EXPECT_EQ(LowerCase("\xC3\x84\xC4\x90"), "\xC3\x84\xC4\x90") << "Ä and Đ";
  EXPECT_TRUE(EqualsIgnoringCase("GZip", "gzIP"));
  EXPECT_FALSE(EqualsIgnoringCase("gzip", "gzi"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoringCase("\xC3\x84", "\xC3\xA4"));
}

TEST(AsciiTest, TrimTakesBlanksFromBothEnds) {
  EXPECT_EQ(Trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(Trim("a"), "a");
  EXPECT_EQ(Trim(" \t\r\n"), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\xC2\xA0x"), "\xC2\xA0x") << "a no-break space is not one of them";
}

TEST(AsciiTest, TakeDigitsCutsThemOffTheFront) {
  std::string_view text = "0123x4";
  EXPECT_EQ(TakeDigits(text), "0123");
  EXPECT_EQ(text, "x4");
  EXPECT_EQ(TakeDigits(text), "");
  EXPECT_EQ(text, "x4");
}

TEST(AsciiTest, ClassesEndWhereTheyEnd) {
  EXPECT_TRUE(IsDigit('0') && IsDigit('9'));
  EXPECT_FALSE(IsDigit('/') || IsDigit(':'));
  EXPECT_TRUE(IsControl('\0') && IsControl('\x1F') && IsControl('\x7F'));
  EXPECT_FALSE(IsControl(' ') || IsControl('~') || IsControl('\x80'));
  EXPECT_TRUE(HasControl("a\nb"));
  EXPECT_FALSE(HasControl("a b\xC3\xA9"));
  EXPECT_TRUE(IsLetter('a') && IsLetter('z') && IsLetter('A') && IsLetter('Z'));
  EXPECT_FALSE(IsLetter('`') || IsLetter('{') || IsLetter('@') || IsLetter('[') || IsLetter('\xE4'));
}

}  // namespace
}  // namespace o2o

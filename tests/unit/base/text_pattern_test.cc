// SPDX-License-Identifier: Apache-2.0
#include "base/text_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

bool Matches(std::string_view pattern, std::string_view text) {
  Result<TextPattern> compiled = TextPattern::Compile(pattern);
  EXPECT_TRUE(compiled) << pattern;
  return compiled && compiled->Matches(text);
}

std::string Problem(std::string_view pattern) {
  const Result<TextPattern> compiled = TextPattern::Compile(pattern);
  return compiled ? "" : compiled.error().message;
}

TEST(TextPatternTest, MatchesTheWholeText) {
  EXPECT_TRUE(Matches("V[0-9]+", "V12"));
  EXPECT_FALSE(Matches("V[0-9]+", "xV12"));
  EXPECT_FALSE(Matches("V[0-9]+", "V12x"));
  EXPECT_FALSE(Matches("V[0-9]+", "v12"));
  EXPECT_TRUE(Matches("a|bc", "bc"));
  EXPECT_FALSE(Matches("a|bc", "ac")) << "the alternatives are as wide as the text";
  EXPECT_TRUE(Matches("", ""));
  EXPECT_FALSE(Matches("", "a"));
  EXPECT_TRUE(Matches("[ab]{2,3}\\.", "aba."));
}

TEST(TextPatternTest, TextsMayHoldAnything) {
  EXPECT_TRUE(Matches(".*", std::string_view("a\0\n\xFF", 4)));
  EXPECT_FALSE(Matches("a", std::string_view("a\0", 2)));
  EXPECT_TRUE(Matches("Ph\xE1\xBB\x9F.*", "Ph\xE1\xBB\x9F b\xC3\xB2"));
  EXPECT_FALSE(Matches("a", "a\n"));
}

TEST(TextPatternTest, SaysWhatIsWrong) {
  EXPECT_NE(Problem("a(").find("is not a POSIX extended regular expression"), std::string::npos);
  EXPECT_NE(Problem("[b-a]").find("is not a POSIX extended regular expression"), std::string::npos);
  EXPECT_NE(Problem("\\d+").find("want a class such as [0-9]"), std::string::npos);
  EXPECT_NE(Problem("(a)\\1").find("backslash before a letter or digit"), std::string::npos);
  EXPECT_NE(Problem(std::string(201, 'a')).find("longer than 200 bytes"), std::string::npos);
  EXPECT_NE(Problem("((a{100}){100}){100}").find("repeats more than 1000 times"), std::string::npos);
  EXPECT_NE(Problem("a{99999999999999999999}").find("repeats more than 1000 times"), std::string::npos);
  EXPECT_NE(Problem(std::string_view("a\0b", 3)).find("U+0000"), std::string::npos);
  EXPECT_EQ(Problem("\\\\d[.]\\."), "") << "an escaped backslash, then a d";
}

// The pattern's automaton has 2^60 states, and texts of a and b find new ones all the time.
TEST(TextPatternTest, HostileTextsCostTimeAndMemoryInProportion) {
  Result<TextPattern> pattern = TextPattern::Compile("(a|b)*a" + std::string(60, '.'));
  ASSERT_TRUE(pattern);
  std::string text;
  std::uint32_t random = 1;
  for (int round = 0; round < 300; ++round) {
    text.clear();
    for (int i = 0; i < 1'000; ++i) {
      random = random * 1'664'525 + 1'013'904'223;
      text += random >> 31 ? 'a' : 'b';
    }
    EXPECT_EQ(pattern->Matches(text), text[text.size() - 61] == 'a');
  }
}

// (std::regex overflows the stack here.)
TEST(TextPatternTest, LongTextsNeedNoStack) {
  EXPECT_TRUE(Matches("(a|b)*", std::string(1'000'000, 'a')));
  EXPECT_FALSE(Matches("(a*)*b", std::string(100'000, 'a')));
}

}  // namespace
}  // namespace o2o

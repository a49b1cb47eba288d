// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <random>

#include "base/secret.h"

namespace o2o {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

// Characters at the edges of what UTF-8 allows.
const std::string kEdges[] = {
    "\x01",         "\x7F",         "\xC2\x80",     "\xDF\xBF",         "\xE0\xA0\x80",
    "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};

TEST(TextTest, TakesEveryCharacterAtTheEdges) {
  for (const std::string& character : kEdges) {
    EXPECT_TRUE(IsCleanUtf8(character));
    EXPECT_EQ(RepairUtf8(character), character);
  }
}

TEST(TextTest, ReplacesInvalidSequences) {
  struct Case {
    std::string text, repaired;
  };
  const Case cases[] = {
      {std::string("a\0b", 3), "a" + kBad + "b"},
      {"\x80", kBad},
      {"a\xBFz", "a" + kBad + "z"},
      {"\xC0\xAF", kBad + kBad},  // overlong
      {"\xC1\xBF", kBad + kBad},
      {"\xE0\x9F\xBF", kBad + kBad + kBad},             // overlong
      {"\xED\xA0\x80", kBad + kBad + kBad},             // a surrogate
      {"\xF0\x8F\xBF\xBF", kBad + kBad + kBad + kBad},  // overlong
      {"\xF4\x90\x80\x80", kBad + kBad + kBad + kBad},  // beyond U+10FFFF
      {"\xF5\x80", kBad + kBad},
      {"\xFF\xFE", kBad + kBad},
      {"\xE2\x82", kBad},  // ends in the middle: one character is lost
      {"\xE2\x82x", kBad + "x"},
      {"\xF0\x9F\x98", kBad},
      {"\xC3", kBad},
      {"caf\xC3\xA9\xC3", "caf\xC3\xA9" + kBad},
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(IsCleanUtf8(c.text)) << c.text;
    EXPECT_EQ(RepairUtf8(c.text), c.repaired);
  }
}

TEST(TextTest, FindsOneBadByteAnywhereInALongText) {
  for (std::size_t length : {1u, 7u, 8u, 9u, 31u, 100u}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (char bad : {'\0', '\x80', '\xFF'}) {
        std::string text(length, 'x');
        EXPECT_TRUE(IsCleanUtf8(text));
        text[at] = bad;
        EXPECT_FALSE(IsCleanUtf8(text)) << length << " " << at;
        EXPECT_EQ(RepairUtf8(text), text.substr(0, at) + kBad + text.substr(at + 1));
      }
    }
  }
}

TEST(TextTest, RepairedNoiseIsClean) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise(random() % 24, '\0');
    for (char& c : noise) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 64 + 0xB0);
    const std::string repaired = RepairUtf8(noise);
    ASSERT_TRUE(IsCleanUtf8(repaired));
    ASSERT_EQ(IsCleanUtf8(noise), noise == repaired);
    for (std::size_t max = 0; max <= repaired.size(); ++max) {
      const std::string cut = CutUtf8(repaired, max);
      ASSERT_TRUE(IsCleanUtf8(cut));
      ASSERT_LE(cut.size(), max);
      ASSERT_GT(cut.size() + 4, max);
    }
  }
}

TEST(TextTest, CutKeepsWholeCharacters) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("abc", 0), "");
  EXPECT_EQ(CutUtf8("\xC3\xA9\xC3\xA9", 3), "\xC3\xA9");
  EXPECT_EQ(CutUtf8("\xF0\x9F\x98\x80", 3), "");
  EXPECT_EQ(CutUtf8(std::string(100, '\x80'), 50).size(), 47u);
}

TEST(TextTest, SecretsAreMaskedBeforeATextIsCut) {
  const Secret secret("a-key-of-twenty-four-b..");
  EXPECT_EQ(CutMasked("the key is a-key-of-twenty-four-b.. and so on", 40), "the key is <secret> and so on");
  // Cut within the secret, of which less than half would be left.
  EXPECT_EQ(CutMasked("the key is a-key-of-twenty-four-b.. and so on", 20), "the key is <secret> ");
  EXPECT_EQ(CutMasked("the key is a-key-of-twenty-four-b.. and so on", 15), "the key is <sec");
  EXPECT_EQ(CutMasked("caf\xC3\xA9\n", 4), "caf");
  EXPECT_EQ(Excerpt("the key is\na-key-of-twenty-four-b.. and so on", 20), "the key is <secret> ");
}

}  // namespace
}  // namespace o2o

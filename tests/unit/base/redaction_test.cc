// SPDX-License-Identifier: Apache-2.0
#include "base/redaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/base64.h"
#include "base/secret.h"

namespace o2o {
namespace {

using redaction::Mask;

TEST(RedactionTest, OnlySecretsAreMasked) {
  const Secret secret("hunter2secret");
  for (const char* text :
       {"", "a", "hunter2", "no connection to db.example:5432", "100 % of it\\", "&", "%4", "\\u12"})
    EXPECT_EQ(Mask(text), text);
}

TEST(RedactionTest, FoundInEveryEncodingThatItTravelsIn) {
  const std::string text = "p&ss w/\"rd\\ö😀+%";
  const Secret secret(text);
  const struct {
    const char* what;
    std::string encoded;
  } kForms[] = {
      {"as it is", text},
      {"percent-encoded", "p%26ss%20w%2F%22rd%5C%C3%B6%F0%9F%98%80%2B%25"},
      {"percent-encoded in lower case", "p%26ss%20w%2f%22rd%5c%c3%b6%f0%9f%98%80%2b%25"},
      {"as a form has it", "p%26ss+w%2F%22rd%5C%C3%B6%F0%9F%98%80%2B%25"},
      {"as encodeURI leaves it", "p&ss%20w/%22rd%5C%C3%B6%F0%9F%98%80+%25"},
      {"JSON", "p&ss w/\\\"rd\\\\ö😀+%"},
      {"JSON of PHP", "p&ss w\\/\\\"rd\\\\\\u00f6\\ud83d\\ude00+%"},
      {"JSON for HTML", "p\\u0026ss w/\\u0022rd\\u005C\\u00F6\\uD83D\\uDE00+%"},
      {"HTML", "p&amp;ss w/&quot;rd\\ö😀+%"},
      {"JSON in a string of JSON", "p&ss w/\\\\\\\"rd\\\\\\\\ö😀+%"},
      {"JSON of PHP in a string of its JSON", "p&ss w\\\\\\/\\\\\\\"rd\\\\\\\\\\\\u00f6\\\\ud83d\\\\ude00+%"},
      {"JSON in HTML", "p&amp;ss w/\\&quot;rd\\\\ö😀+%"},
      {"percent-encoded twice", "p%2526ss%2520w%252F%2522rd%255C%25C3%25B6%25F0%259F%2598%2580%252B%2525"},
      {"wholly percent-encoded", "%70%26%73%73%20%77%2F%22%72%64%5C%C3%B6%F0%9F%98%80%2B%25"},
  };
  for (const auto& form : kForms)
    EXPECT_EQ(Mask("said: '" + form.encoded + "'."), "said: '<secret>'.") << form.what;
}

TEST(RedactionTest, SecretsThatLookEncodedAreFoundAsTheyAre) {
  for (const char* text : {"a%41b%2520c", "a\\\\b\\u0041", "&amp;amp; &lt;", "+++ ++ +"}) {
    const Secret secret(text);
    EXPECT_EQ(Mask("'" + std::string(text) + "'"), "'<secret>'");
  }
}

// As it is it would match as well, and leave half an escape behind.
TEST(RedactionTest, WhatEndsLikeAnEscapeIsMaskedWithTheWholeEscape) {
  const Secret backslash("password\\");
  EXPECT_EQ(Mask("\"password\\\\\","), "\"<secret>\",");
  const Secret ampersand("password&");
  EXPECT_EQ(Mask("<b>password&amp;</b>"), "<b><secret></b>");
}

TEST(RedactionTest, FoundInBasicAuthenticationOfAnybody) {
  const Secret secret("hunter2secret?>~");
  for (const char* user : {"", "u", "us", "use", "somebody@example.com"}) {
    const std::string encoded = Base64(user + std::string(":hunter2secret?>~"));
    const std::string masked = Mask("Authorization: Basic " + encoded);
    EXPECT_NE(masked.find("<secret>"), std::string::npos) << masked;
    // What is left of it are digits that the user, or the end, has a share in.
    EXPECT_LE(masked.size(), std::string("Authorization: Basic ").size() + encoded.size() - 20 + 8) << masked;
  }
  std::string url_digits = Base64("hunter2secret?>~");
  for (char& c : url_digits) c = c == '+' ? '-' : c == '/' ? '_' : c;
  EXPECT_NE(Mask("key=" + url_digits).find("<secret>"), std::string::npos);
}

TEST(RedactionTest, EachOfSeveralIsMaskedAndTheLongerOfTwo) {
  const Secret key("key-of-the-oms");
  const Secret longer("key-of-the-oms-and-more");
  EXPECT_EQ(Mask("key-of-the-oms key-of-the-oms-and-more,key-of-the-oms"), "<secret> <secret>,<secret>");
}

TEST(RedactionTest, ShortOnesAreWordsOrNothing) {
  const Secret word("rest");
  const Secret syllable("an");
  EXPECT_EQ(Mask("the rest: resting, arrest, rest"), "the <secret>: resting, arrest, <secret>");
  EXPECT_EQ(Mask("an answer"), "an answer");
  const Secret inside("restless");
  EXPECT_EQ(Mask("xrestlessx"), "x<secret>x") << "of eight bytes or more";
}

TEST(RedactionTest, HalfOfItAtTheEndOfATextIsEnough) {
  const Secret token("abcdefghijklmnopqrst");
  EXPECT_EQ(Mask("got abcdefghijkl"), "got <secret>");
  EXPECT_EQ(Mask("got abcdefghi"), "got abcdefghi");
  EXPECT_EQ(Mask("got abcdefghijkl of it"), "got abcdefghijkl of it") << "a word that it begins with";
}

TEST(RedactionTest, FoundAnywhereAndAtAnyLength) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  for (std::size_t bytes = 4; bytes <= 40; ++bytes) {
    std::string text;  // that has nothing in common with the others, which are remembered
    for (std::size_t i = 0; i < bytes; ++i) text += kLetters[(i * i + 7 * i + 13 * bytes) % kLetters.size()];
    const Secret secret(text);
    for (std::size_t before = 0; before <= 40; ++before) {
      const std::string front = std::string(before, '.');
      EXPECT_EQ(Mask(front + text), front + "<secret>") << bytes;
      EXPECT_EQ(Mask(front + text + std::string(before, '-')), front + "<secret>" + std::string(before, '-'))
          << bytes;
      const std::size_t half = std::max<std::size_t>(8, (bytes + 1) / 2);
      if (half > bytes) continue;
      EXPECT_EQ(Mask(front + text.substr(0, half)), front + "<secret>") << bytes;
      EXPECT_EQ(Mask(front + text.substr(0, half - 1)), front + text.substr(0, half - 1)) << bytes;
    }
  }
}

TEST(RedactionTest, PasswordOfAConnectionStringIsOneByItself) {
  const Secret uri("postgresql://shop:p%40ss%2Fword@db.example:5432/shop");
  EXPECT_EQ(Mask("user shop at db.example: p@ss/word"), "user shop at db.example: <secret>");
  EXPECT_EQ(Mask("user shop at db.example: p%40ss%2Fword"), "user shop at db.example: <secret>");
  const Secret pairs("host=db user=shop password='it''s \\' odd' dbname=shop");
  const Secret plain("host=db password=plain-one dbname=shop");
  EXPECT_EQ(Mask("plain-one"), "<secret>");
  EXPECT_EQ(Mask("a database of postgresql"), "a database of postgresql");
}

TEST(RedactionTest, AfterItsLastHolderASecretIsMaskedForAWhileOnly) {
  { const Secret old("an-old-session-id"); }
  EXPECT_EQ(Mask("an-old-session-id"), "<secret>");
  const Secret held("a-key-that-is-held");
  for (int i = 0; i < 200; ++i) const Secret passing("passing-session-" + std::to_string(i));
  EXPECT_EQ(Mask("an-old-session-id"), "an-old-session-id");
  EXPECT_EQ(Mask("a-key-that-is-held passing-session-199"), "<secret> <secret>");
}

TEST(RedactionTest, CopiesHoldIt) {
  Secret copy;
  {
    const Secret first("copied-and-kept-on");
    copy = first;
  }
  for (int i = 0; i < 200; ++i) const Secret passing("passing-session-" + std::to_string(i));
  EXPECT_EQ(Mask("copied-and-kept-on"), "<secret>");
}

TEST(RedactionTest, PlainTextsAreNone) {
  const Secret plain = Secret::Plain("application/json");
  EXPECT_EQ(Mask("got application/json"), "got application/json");
}

TEST(RedactionTest, ThreadsMayRegisterAndMaskAtOnce) {
  const Secret held("held-by-everybody");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        const Secret own("thread-" + std::to_string(t) + "-" + std::to_string(i));
        ASSERT_EQ(Mask("held-by-everybody " + own.Reveal() + "."), "<secret> <secret>.");
      }
    });
  }
}

}  // namespace
}  // namespace o2o

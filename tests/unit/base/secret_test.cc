// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/secret_file.h"

namespace o2o {
namespace {

class SecretFileTest : public ::testing::Test {
 protected:
  SecretFileTest() { std::filesystem::create_directory(folder_); }
  ~SecretFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& content) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
    return path_;
  }
  // The secret that the file holds now.
  Secret Follow(const std::string& content) {
    const auto held = ReadSecretFile(Write(content));
    EXPECT_TRUE(held);
    return Secret::FromFile(path_, held ? held->text : "");
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      ("o2o-secret-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
       std::to_string(::getpid()));
  const std::string path_ = (folder_ / "token").string();
};

TEST_F(SecretFileTest, IsReadEachTimeThatItIsUsed) {
  const Secret token = Follow("token-1\n");
  const Secret copy = token;
  EXPECT_EQ(token.Reveal(), "token-1");
  Write("token-2\n");
  EXPECT_EQ(token.Reveal(), "token-2");
  EXPECT_EQ(copy.Reveal(), "token-2");
}

TEST_F(SecretFileTest, MissingEmptyOrBrokenForAMomentKeepsWhatItHeld) {
  const Secret token = Follow("token-1");
  std::filesystem::remove(path_);
  EXPECT_EQ(token.Reveal(), "token-1");
  for (const char* content : {"", "\n", " \r\n", "two\nlines\n", "\xFF\xFE", "a\tb\x01"}) {
    Write(content);
    EXPECT_EQ(token.Reveal(), "token-1") << content;
  }
  Write("token-2");
  EXPECT_EQ(token.Reveal(), "token-2");
  std::filesystem::remove(path_);
  EXPECT_EQ(token.Reveal(), "token-2") << "the last good one";
}

TEST_F(SecretFileTest, CurrentFollowsNoLonger) {
  const Secret token = Follow("token-1");
  const Secret now = token.Current();
  Write("token-2");
  EXPECT_EQ(now.Reveal(), "token-1");
  EXPECT_EQ(now, Secret("token-1"));
}

TEST_F(SecretFileTest, IdentityIsThePathWhateverItHolds) {
  const Secret token = Follow("token-1");
  const std::string identity = token.Identity();
  Write("token-2");
  (void)token.Reveal();
  EXPECT_EQ(token.Identity(), identity);
  EXPECT_NE(Secret("token-1").Identity(), Secret("token-2").Identity());
  EXPECT_NE(Secret(path_).Identity(), identity);
  EXPECT_FALSE(token.empty());
}

TEST_F(SecretFileTest, NewContentIsMaskedAsTheOldOneWas) {
  const Secret token = Follow("token-of-yesterday");
  EXPECT_EQ(redaction::Mask("token-of-yesterday"), "<secret>");
  Write("token-of-today");
  (void)token.Reveal();
  EXPECT_EQ(redaction::Mask("token-of-today token-of-yesterday"), "<secret> <secret>");
}

TEST_F(SecretFileTest, WhatIsAroundTheSecretIsLeftOutAndSaid) {
  const struct {
    const char* content;
    const char* left_out;
  } kCases[] = {
      {"token-1", ""},
      {"token-1\n", ""},
      {"token-1\r\n\r\n", ""},
      {"\xEF\xBB\xBFtoken-1\n", "a byte order mark at its beginning"},
      {"token-1 \n", "blanks around it"},
      {"\ttoken-1", "blanks around it"},
      {"\xEF\xBB\xBF token-1 ", "a byte order mark at its beginning and blanks around it"},
  };
  for (const auto& one : kCases) {
    const auto held = ReadSecretFile(Write(one.content));
    ASSERT_TRUE(held) << one.content;
    EXPECT_EQ(held->text, "token-1") << one.content;
    EXPECT_EQ(held->left_out, one.left_out) << one.content;
  }
  EXPECT_EQ(ReadSecretFile(Write("two words"))->text, "two words");
}

TEST(SecretTest, PrintsAsAMask) {
  std::ostringstream out;
  out << Secret("hunter2secret");
  EXPECT_EQ(out.str(), "<secret>");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/text_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace o2o {
namespace {

class TextFileTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& text) {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    return folder_ / "file";
  }
  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("o2o-text-file-" + std::to_string(::getpid()));
};

TEST_F(TextFileTest, ReadsUpToTheCeiling) {
  EXPECT_EQ(ReadTextFile(Write(""), 10).value(), "");
  EXPECT_EQ(ReadTextFile(Write(std::string(100'000, 'x')), 100'000).value(), std::string(100'000, 'x'));
  EXPECT_EQ(ReadTextFile(Write(std::string(65'537, 'x')), 65'536).error(), "is larger than 64 KiB");
}

TEST_F(TextFileTest, SaysWhyItCannotRead) {
  EXPECT_EQ(ReadTextFile(folder_ / "none", 10).error(), "cannot be opened (No such file or directory)");
  EXPECT_EQ(ReadTextFile(folder_, 10).error(), "is not a regular file");
}

TEST_F(TextFileTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadTextFile(folder_ / "pipe", 10).error(), "is not a regular file");
}

}  // namespace
}  // namespace o2o

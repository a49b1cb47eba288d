// SPDX-License-Identifier: Apache-2.0
#include "config/fingerprint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace o2o {
namespace {

class FingerprintTest : public testing::Test {
 protected:
  FingerprintTest() { std::filesystem::create_directories(directory_); }
  ~FingerprintTest() override { std::filesystem::remove_all(directory_); }

  std::size_t Of(const std::string& yaml) {
    const YamlDocument document = ParseYaml(yaml);
    EXPECT_TRUE(document.problems.empty()) << yaml;
    const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    return Fingerprint(document.root, environment, directory_);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }

  const std::string directory_ = testing::TempDir() + "fingerprint";
  std::map<std::string, std::string> variables_;
};

TEST_F(FingerprintTest, LayoutAndCommentsAreNotConfiguration) {
  EXPECT_EQ(Of("a: {b: 1, c: [x, y]}"), Of("# words\na:\n  b: 1  # more\n  c:\n    - x\n    - y\n"));
}

TEST_F(FingerprintTest, EveryDifferenceOfMeaningIsOne) {
  const std::string texts[] = {"a: 1",      "a: '1'",      "a: 2",        "b: 1",      "a: [1]",
                               "a: {1: 1}", "a:",          "a: ''",       "a: [1, 2]", "a: [2, 1]",
                               "a: [12]",   "a: [[1], 2]", "a: [[1, 2]]", "a: 1\nb: 2"};
  for (const std::string& one : texts) {
    for (const std::string& other : texts)
      EXPECT_EQ(Of(one) == Of(other), &one == &other) << one << " and " << other;
  }
}

TEST_F(FingerprintTest, VariablesCountByTheirValues) {
  variables_["KEY"] = "first";
  const std::size_t first = Of("key: ${KEY}");
  EXPECT_EQ(first, Of("key: ${KEY:-other}"));
  variables_["KEY"] = "second";
  EXPECT_NE(first, Of("key: ${KEY}"));
  variables_.clear();
  EXPECT_NE(first, Of("key: ${KEY}"));
}

TEST_F(FingerprintTest, FilesCountByTheirContent) {
  for (const std::string yaml :
       {"key_file: secret", "tls: {ca_file: secret}", "headers_file: {X-Key: secret}"}) {
    Write("secret", "first");
    const std::size_t first = Of(yaml);
    EXPECT_EQ(first, Of(yaml));
    Write("secret", "second");
    EXPECT_NE(first, Of(yaml)) << yaml;
    std::filesystem::remove(directory_ + "/secret");
    EXPECT_NE(first, Of(yaml)) << yaml;
  }
  Write("secret", "first");
  const std::size_t name = Of("key: secret");
  Write("secret", "second");
  EXPECT_EQ(name, Of("key: secret")) << "no file is meant";
}

}  // namespace
}  // namespace o2o

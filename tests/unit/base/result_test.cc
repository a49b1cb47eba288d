// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace o2o {
namespace {

TEST(AllReasons, AreNamedOnceEachAsLabelValues) {
  std::set<std::string> names;
  for (const ErrorCode reason : AllReasons()) {
    const std::string name(Name(reason));
    EXPECT_TRUE(std::regex_match(name, std::regex("[a-z]+(_[a-z]+)*"))) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_TRUE(names.contains("refused"));
  EXPECT_TRUE(names.contains("internal")) << "the last one of the enum";
  EXPECT_FALSE(names.contains("cancelled")) << "a poll that was cancelled did not fail";
}

}  // namespace
}  // namespace o2o

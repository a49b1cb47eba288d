// SPDX-License-Identifier: Apache-2.0
#include "base/spare_threads.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace o2o {
namespace {

// That they are refused is an integration test's, with a program that may have no more.
TEST(SpareThreadsTest, AsManyAsAreAskedForAndNoneIsLeft) {
  const auto threads = [] {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  EXPECT_TRUE(HasThreadsFor(0));
  EXPECT_TRUE(HasThreadsFor(50));
  EXPECT_EQ(threads(), before);
}

}  // namespace
}  // namespace o2o

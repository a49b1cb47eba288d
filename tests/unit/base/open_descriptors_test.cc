// SPDX-License-Identifier: Apache-2.0
#include "base/open_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace o2o {
namespace {

bool Has(const std::vector<int>& descriptors, int wanted) {
  return std::find(descriptors.begin(), descriptors.end(), wanted) != descriptors.end();
}

TEST(OpenDescriptors, AreThoseThatAreOpen) {
  const int opened = dup(0);
  EXPECT_TRUE(Has(OpenDescriptors(), opened));
  EXPECT_TRUE(Has(OpenDescriptors(), 1));
  close(opened);
  EXPECT_FALSE(Has(OpenDescriptors(), opened));
}

TEST(OpenDescriptors, DoNotCountTheirOwn) {
  for (const int descriptor : OpenDescriptors()) EXPECT_NE(fcntl(descriptor, F_GETFD), -1) << descriptor;
}

}  // namespace
}  // namespace o2o

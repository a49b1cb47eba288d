// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/log.h"

namespace o2o::testing {

// The lines that `run` logs, and none from before: lines are written asynchronously.
template <typename Run>
std::string Logged(Run run) {
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  ::testing::internal::CaptureStderr();
  run();
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  return ::testing::internal::GetCapturedStderr();
}

}  // namespace o2o::testing

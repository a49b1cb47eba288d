// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace o2o {

// How far the OMS's clock is ahead of ours (negative: behind), learned from its answers. Thread-safe.
class ClockOffset {
 public:
  Timestamp Apply(Timestamp ours) const { return ours + offset_.load(); }
  void Learn(Timestamp ours, Timestamp theirs) { offset_.store(theirs - ours); }

 private:
  std::atomic<std::chrono::microseconds> offset_{std::chrono::microseconds{0}};
};

}  // namespace o2o

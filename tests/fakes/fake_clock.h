// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

namespace o2o {

// Stands still until told otherwise. One thread at a time.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Timestamp now) : now_(now) {}

  Timestamp Now() const override { return now_; }
  MonotonicTime Monotonic() const override { return monotonic_; }

  // As NTP does: no time passes.
  void Step(std::chrono::microseconds by) { now_ += by; }

  void Advance(std::chrono::microseconds by) {
    now_ += by;
    monotonic_ += by;
  }

 private:
  Timestamp now_;
  MonotonicTime monotonic_{};
};

}  // namespace o2o

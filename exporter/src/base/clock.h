// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace o2o {

// A point in time as PostgreSQL keeps it: UTC, whole microseconds.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using MonotonicTime = std::chrono::steady_clock::time_point;

// Where time comes from, so that tests can say what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
  virtual MonotonicTime Monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  MonotonicTime Monotonic() const override { return std::chrono::steady_clock::now(); }
};

// Seconds since the epoch, as Prometheus wants timestamps.
inline double UnixSeconds(Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace o2o

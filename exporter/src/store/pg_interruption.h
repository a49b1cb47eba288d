// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "base/clock.h"

namespace o2o {

// Ends all waiting for PostgreSQL, for good: a call in progress has a moment left to finish by itself.
// Thread-safe.
class PgInterruption {
 public:
  PgInterruption();
  ~PgInterruption();
  PgInterruption(const PgInterruption&) = delete;
  PgInterruption& operator=(const PgInterruption&) = delete;

  void Raise() noexcept;
  // Until when calls may continue; MonotonicTime::max() before Raise().
  MonotonicTime until() const { return MonotonicTime(MonotonicTime::duration(until_.load())); }
  // Readable from Raise() on.
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
  std::atomic<MonotonicTime::rep> until_{MonotonicTime::max().time_since_epoch().count()};
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "base/duration.h"

namespace o2o {

// When a source is polled again: one interval after a successful poll began; at ever shorter intervals while
// answers are truncated; after failures at intervals that double up to a ceiling, with jitter, so that a
// recovering upstream is not hit by all clients at once. An upstream's Retry-After is honoured, up to an
// hour.
class Rhythm {
 public:
  Rhythm(Millis interval, std::uint32_t seed);

  // Before the first poll: spreads sources and replicas that start together.
  Millis StartDelay();

  enum class Ending { kGood, kCutShort, kFailed };
  // The time from the start of the poll that just ended to the start of the next one. `asked`: the wait that
  // the upstream of a failed poll asked for, counted from the same start.
  Millis Next(Ending ending, std::optional<Millis> asked = std::nullopt);

 private:
  double Random(double from, double to);

  const Millis interval_;
  Millis hurried_;
  int failures_ = 0;
  std::minstd_rand random_;
};

}  // namespace o2o

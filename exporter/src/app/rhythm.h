// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "base/duration.h"

namespace o2o {

// When a source is polled again. After a success, one interval after the poll began; sooner and sooner while
// answers are cut short; after failures the interval doubles up to a ceiling, with jitter, so that a
// recovering upstream is not met by all at once.
class Rhythm {
 public:
  Rhythm(Millis interval, std::uint32_t seed);

  // Before the first poll: spreads sources and replicas that start together.
  Millis StartDelay();

  enum class Ending { kGood, kCutShort, kFailed };
  // From the start of the poll that just ended to the start of the next one.
  Millis Next(Ending ending);

 private:
  double Random(double from, double to);

  const Millis interval_;
  Millis hurried_;
  int failures_ = 0;
  std::minstd_rand random_;
};

}  // namespace o2o

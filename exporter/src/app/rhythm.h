// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "base/duration.h"

namespace o2o {

// When a source is polled again. After a success, one interval after the poll began; sooner and sooner while
// answers are cut short; after failures the interval doubles up to a ceiling, with jitter, so that a
// recovering upstream is not met by all at once. An upstream that says when to come again is taken at its
// word, up to an hour.
class Rhythm {
 public:
  Rhythm(Millis interval, std::uint32_t seed);

  // Before the first poll: spreads sources and replicas that start together.
  Millis StartDelay();

  enum class Ending { kGood, kCutShort, kFailed };
  // From the start of the poll that just ended to the start of the next one. `asked`: the wait that the
  // upstream of a failed poll asks for, from the same start.
  Millis Next(Ending ending, std::optional<Millis> asked = std::nullopt);

 private:
  double Random(double from, double to);

  const Millis interval_;
  Millis hurried_;
  int failures_ = 0;
  std::minstd_rand random_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/rhythm.h"

#include <algorithm>

namespace o2o {
namespace {

constexpr Millis kMaxStartDelay{2'000};
constexpr Millis kShortest{1'000};
// Long enough to spare an upstream in trouble, short enough that a recovery is noticed quickly.
constexpr Millis kLongestBackoff{300'000};
// The most that an upstream may ask for: a nonsense value must not disable a source.
constexpr Millis kLongestWait = std::chrono::hours(1);
constexpr int kMaxDoublings = 3;
constexpr double kJitter = 0.2;

Millis Scaled(Millis duration, double factor) {
  return Millis(static_cast<Millis::rep>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

Rhythm::Rhythm(Millis interval, std::uint32_t seed)
    : interval_(interval), hurried_(interval), random_(seed) {}

Millis Rhythm::StartDelay() { return Scaled(std::min(interval_ / 4, kMaxStartDelay), Random(0.0, 1.0)); }

Millis Rhythm::Next(Ending ending, std::optional<Millis> asked) {
  if (ending == Ending::kFailed && asked)
    return std::max(interval_, std::min(*asked, kLongestWait)) + StartDelay();
  if (ending == Ending::kFailed) {
    failures_ = std::min(failures_ + 1, kMaxDoublings);
    const Millis backoff = std::min(interval_ * (1 << failures_), std::max(interval_, kLongestBackoff));
    return Scaled(backoff, Random(1.0 - kJitter, 1.0 + kJitter));
  }
  failures_ = 0;
  hurried_ = ending == Ending::kCutShort ? std::max(hurried_ / 2, std::min(kShortest, interval_)) : interval_;
  return hurried_;
}

double Rhythm::Random(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }

}  // namespace o2o

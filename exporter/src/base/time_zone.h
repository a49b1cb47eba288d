// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace o2o {

// What a clock on the wall of some place shows.
using WallTime = std::chrono::local_time<std::chrono::microseconds>;

// An IANA zone ("Asia/Ho_Chi_Minh"), "UTC", or a fixed offset ("+07:00", up to 15:59). Immutable, cheap to
// copy, thread-safe. UTC and offsets work without tzdata.
class TimeZone {
 public:
  TimeZone();  // UTC
  // Nothing if no such zone is known to this machine's tzdata.
  static std::optional<TimeZone> Find(std::string_view name);

  // The instant that a wall clock time is. Where the clock is set back and shows it twice, `now` decides: the
  // later one that is not after `now`, the clock of the writer of the time (add the tolerance with which it
  // is known); the earlier one where neither has come yet, or nothing is known. Where the clock skips it, the
  // moment of the jump.
  Timestamp ToUtc(WallTime wall, std::optional<Timestamp> now = std::nullopt) const;
  WallTime ToWall(Timestamp time) const;

  const std::string& name() const;  // as given to Find

  struct Rules;  // hides the library

 private:
  std::shared_ptr<const Rules> rules_;
};

// Cuts "+07:00", "+0700", "+07" or "+07:06:30" off the front of `text`. Nothing, and `text` as it was, where
// there is none, or one beyond 15:59:59.
std::optional<std::chrono::seconds> TakeUtcOffset(std::string_view& text);

}  // namespace o2o

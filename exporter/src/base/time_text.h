// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace o2o {

// An IANA zone ("Asia/Ho_Chi_Minh"), "UTC", or a fixed offset ("+07:00", up to 15:59). Immutable, cheap to
// copy, thread-safe. UTC and offsets work without tzdata.
class TimeZone {
 public:
  TimeZone();  // UTC
  // Nothing if no such zone is known to this machine's tzdata.
  static std::optional<TimeZone> Find(std::string_view name);

  // UTC of a wall clock time in this zone; the earlier one where it happens twice, and where it
  // is skipped the moment of the jump.
  Timestamp ToUtc(std::chrono::local_time<std::chrono::microseconds> wall) const;

  struct Rules;  // hides the library

 private:
  std::shared_ptr<const Rules> rules_;
};

// A time as found in answers: "2026-11-20T10:00[:00[.fraction]][Z|+07:00|+0700|+07]" with T or a blank
// (Java leaves out seconds that are zero), a date alone (its midnight), or digits that are epoch seconds
// (optionally with a fraction) or, from 1e11 on, milliseconds. No offset means `zone`. Fractions beyond
// microseconds are cut off. Nothing if it is none of these, or lies outside the years 1970 to 2200 (UTC).
std::optional<Timestamp> ParseTime(std::string_view text, const TimeZone& zone);

// An HTTP Date header (IMF-fixdate): "Sun, 06 Nov 1994 08:49:37 GMT". The day of the week is not held
// against the date. The same years as above.
std::optional<Timestamp> ParseHttpDate(std::string_view text);

// "2026-11-20T10:00:00.123456Z"; whole seconds without a fraction.
std::string FormatTime(Timestamp time);

}  // namespace o2o

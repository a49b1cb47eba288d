// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/time_zone.h"

namespace o2o {

struct TimeText {
  Timestamp time;
  bool zone_assumed = false;  // the text named none, so that `zone` was taken
};

// A time as databases, languages and logs write it. Taken is what can mean one thing only:
//
//   2026-11-20T10:00:00.5Z  2026-11-20 10:00  2026/11/20 10:00:00,123  2026-11-20  20261120T100000+0700
//   2026-W47-5  2026-324                               ISO 8601 with its week and ordinal dates; logs
//   20261120  202611201000  20261120100000             dates as numbers of 8, 12 and 14 digits
//   Fri, 20 Nov 2026 10:00:00 GMT  20/Nov/2026:10:00:00 +0700  20-NOV-2026      mail, web servers, SQL
//   Fri Nov 20 10:00:00 2026  Nov 20, 2026, 10:00 AM   ctime, date(1), JavaScript; Metabase's formatted ones
//   1795168800  1795168800123  /Date(1795168800000)/   since 1970, see ReadEpoch and ReadDotNetDate
//
// Zones are Z, UTC, GMT, an offset, or an IANA name ("... Asia/Ho_Chi_Minh", "[Asia/Ho_Chi_Minh]"). Without
// one the time is of `zone`; `now` as for TimeZone::ToUtc. A date alone is its midnight. Fractions beyond
// microseconds are cut off, blanks around the text are ignored. Any year from 1 to 9999.
std::optional<TimeText> ReadTime(std::string_view text, const TimeZone& zone,
                                 std::optional<Timestamp> now = std::nullopt);
// The same, where it does not matter whose zone it is.
std::optional<Timestamp> ParseTime(std::string_view text, const TimeZone& zone,
                                   std::optional<Timestamp> now = std::nullopt);

// An HTTP Date header (IMF-fixdate): "Sun, 06 Nov 1994 08:49:37 GMT", from 1970 to 2200. The day of the week
// is not held against the date.
std::optional<Timestamp> ParseHttpDate(std::string_view text);

// "2026-11-20T10:00:00.123456Z"; whole seconds without a fraction.
std::string FormatTime(Timestamp time);

}  // namespace o2o

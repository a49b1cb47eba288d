// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

// Times as a number of seconds, or of something finer, since 1970.
namespace o2o {

// Digits, and those behind a point, in the unit in which they are a likely time: seconds, milli-, micro- or
// nanoseconds from September 2001 to 5138, or of the year 9999, which means never. No two units can both
// be likely. 0 is 1970. Nothing for what is likely in none.
std::optional<Timestamp> ReadEpoch(std::string_view digits, std::string_view fraction);

// .NET's "/Date(1795168800000+0700)/": milliseconds, whatever their size; the offset does not move them.
std::optional<Timestamp> ReadDotNetDate(std::string_view text);

}  // namespace o2o

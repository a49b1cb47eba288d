// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Numbers as people and JSON write them.
namespace o2o {

// A whole decimal number without sign and leading zero, like 40.
std::optional<std::int64_t> ParseWholeNumber(std::string_view text);

// A number by JSON's grammar: -1, 0.25, 1e3; not 01, +1, .5, 0x10 or NaN. May be of any size.
bool IsJsonNumber(std::string_view text);

// The same, within what a sample can hold.
bool IsSampleNumber(std::string_view text);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

// What is said of an answer that is too large, all kTooLarge: what was too much, and which key raises it.
namespace o2o {

// "more than 5 rows: let the upstream answer with fewer, or raise max_rows".
Error AboveCeiling(std::size_t ceiling, std::string_view what, std::string_view key);

// Of labels and values, in bytes.
Error TooMuchToPublish(std::uint64_t most);

}  // namespace o2o

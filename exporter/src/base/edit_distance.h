// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace o2o {

// How many bytes must be inserted, deleted or replaced to make one text the other. Takes time and memory for
// each pair of bytes: bound what strangers may write.
std::size_t EditDistance(std::string_view from, std::string_view to);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace o2o {

// A whole small file. The error is for people and without the path: "cannot be opened (No such file or
// directory)". Refuses what is not a regular file, since a pipe could keep us waiting.
tl::expected<std::string, std::string> ReadTextFile(const std::string& path, std::size_t max_bytes);

}  // namespace o2o

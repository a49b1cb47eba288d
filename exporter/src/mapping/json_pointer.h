// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// JSON Pointers (RFC 6901).
namespace o2o {

inline bool IsJsonPointer(std::string_view column) { return column.starts_with('/'); }

// The steps of a pointer: "/a~1b/0" are "a/b" and "0". None of the empty one. What begins with anything but /
// is not a pointer, and must not be asked about.
std::vector<std::string> PointerSteps(std::string_view pointer);

// A step as it is written in a pointer, with its slash.
std::string PointerStep(std::string_view step);

// Whether a step can be the place in an array.
bool IsArrayIndex(std::string_view step);

}  // namespace o2o

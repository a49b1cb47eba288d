// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// Why a row gave a metric no sample. A closed set: the names are values of a label.
enum class RowReason {
  kNotAnObject,  // a row that is no object, or where nested rows are due something else
  kTooDeep,      // nested deeper than kMaxJsonDepth
  kNoValue,      // null, missing, blank or NaN, and no null_value
  kBadValue,     // no number, no size, no time, or beyond what a sample can hold
  kBadLabel,     // an object, an array, or longer than max_label_bytes
  kDuplicate,    // label set seen before, under DuplicatePolicy::kError; the first row stays
};
inline constexpr std::size_t kRowReasons = 6;

// "not_an_object", "too_deep", "no_value", "bad_value", "bad_label", "duplicate".
std::string_view Name(RowReason reason);
// All of them, in the order above.
std::vector<std::string> RowReasons();

}  // namespace o2o

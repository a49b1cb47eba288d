// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// Why a row gave a metric no sample. A closed set: the names are values of a label.
enum class RowReason {
  kNotAnObject,  // a row that is not an object, or something else where nested rows are expected
  kTooDeep,      // nested deeper than kMaxJsonDepth
  kNoValue,      // null, missing, blank or NaN, and nothing that says what that means
  kBadValue,     // not a number, size, time or word of `values`, beyond what a sample can hold, or a
                 // counter's below 0
  kBadLabel,     // an object, an array, or longer than max_label_bytes
  kDuplicate,    // another row has the same labels, under DuplicatePolicy::kError, which publishes neither
};
inline constexpr std::size_t kRowReasons = 6;

// "not_an_object", "too_deep", "no_value", "bad_value", "bad_label", "duplicate".
std::string_view Name(RowReason reason);
// All of them, in the order above.
std::vector<std::string> RowReasons();

// What was wrong with something that was used all the same. A closed set too.
enum class RowRepair {
  kDuplicateLabels,  // a sample whose label set was there, taken in as its metric's on_duplicate says
  kDuplicateKey,     // a key that its object had already; the last one wins
  kText,             // a label that was not UTF-8, or held U+0000
};
inline constexpr std::size_t kRowRepairs = 3;

// "duplicate_labels", "duplicate_key", "text".
std::string_view Name(RowRepair repair);
std::vector<std::string> RowRepairs();

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace o2o {

// What is wrong with a text that ReadTime refuses, as the rest of a sentence that begins with the text: names
// the form and says what would be right. "is a time of day without a date, expected one like ...".
std::string TimeProblem(std::string_view text);

}  // namespace o2o

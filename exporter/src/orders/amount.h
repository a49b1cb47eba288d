// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// An amount of money as plain decimal text that PostgreSQL's numeric takes as it is: "12.50", "1.25e3" ->
// "1250". Digits stay as written, but for zeros in front; zero is "0". Blanks around are allowed, nothing
// else is: no sign +, no thousands separators, no currency.
//
// Nothing for NaN, infinities, negative amounts (they are summed up in a counter, which cannot go down), more
// than kMaxAmountIntegerDigits, and more than kMaxAmountFractionDigits with one exception: what a program
// prints for a double (at most 17 significant digits, 179.97000000000003) is rounded half up to that many.
std::optional<std::string> ParseAmount(std::string_view text);

}  // namespace o2o

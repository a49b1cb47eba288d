// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// An amount of money as plain decimal text that PostgreSQL's numeric accepts: "12.50", "1.25e3" -> "1250".
// Digits stay as written, except for leading zeros; zero is "0". Outer blanks are allowed, nothing else: no
// sign +, no thousands separators, no currency.
//
// Nothing for NaN, infinities, negative amounts (amounts are added to a counter, which cannot go down), more
// than kMaxAmountIntegerDigits, and more than kMaxAmountFractionDigits with one exception: a double as
// programs print it (at most 17 significant digits, 179.97000000000003) is rounded half up to that many.
std::optional<std::string> ParseAmount(std::string_view text);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/ascii.h"

namespace o2o {

// The text of a decimal number, taken apart: "-12.50e3".
struct NumberParts {
  // A larger exponent is cut to this, which is far beyond any double.
  static constexpr int kMaxExponent = 100'000;

  bool negative = false;
  std::string_view whole;     // digits, zeros in front among them
  std::string_view fraction;  // digits
  int exponent = 0;
};

// Nothing for what is not a number: an optional minus, digits, and optionally a point with digits and an e
// with a sign and digits. Inline, since mappings read every value of every row by it.
constexpr std::optional<NumberParts> ReadNumberParts(std::string_view text) {
  NumberParts parts;
  parts.negative = text.starts_with('-');
  if (parts.negative) text.remove_prefix(1);
  parts.whole = TakeDigits(text);
  if (parts.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = TakeDigits(text);
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (text.empty()) return parts;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = TakeDigits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  for (const char c : digits)
    parts.exponent = std::min(NumberParts::kMaxExponent, parts.exponent * 10 + (c - '0'));
  if (negative) parts.exponent = -parts.exponent;
  return parts;
}

}  // namespace o2o

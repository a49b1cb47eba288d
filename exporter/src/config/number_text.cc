// SPDX-License-Identifier: Apache-2.0
#include "config/number_text.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "base/ascii.h"
#include "base/number_parts.h"

namespace o2o {
std::optional<std::int64_t> ParseWholeNumber(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::int64_t number = 0;
  for (char c : text) {
    if (!IsDigit(c) || __builtin_mul_overflow(number, 10, &number) ||
        __builtin_add_overflow(number, c - '0', &number)) {
      return std::nullopt;
    }
  }
  return number;
}

bool IsJsonNumber(std::string_view text) {
  const std::optional<NumberParts> parts = ReadNumberParts(text);
  return parts && (parts->whole.size() == 1 || parts->whole[0] != '0');
}

bool IsSampleNumber(std::string_view text) {
  constexpr std::size_t kMaxBytes = 100;  // a double has 17 digits
  if (text.size() > kMaxBytes || !IsJsonNumber(text)) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "orders/amount.h"

#include <cstdint>

#include "base/ascii.h"
#include "base/number_parts.h"
#include "orders/order_limits.h"

namespace o2o {
namespace {

constexpr std::size_t kDoubleDigits = 17;  // the longest shortest form of a double
constexpr std::size_t kMaxDigits =
    64;                              // written out; a double's form needs fewer, whatever is longer is broken
constexpr int kMaxExponent = 1'000;  // a double's end at 308

// digits * 10^-scale.
struct ScaledDigits {
  std::string digits;
  std::int64_t scale = 0;
  bool negative = false;

  bool IsZero() const { return digits.find_first_not_of('0') == std::string::npos; }
  std::size_t SignificantDigits() const {
    const std::size_t first = digits.find_first_not_of('0');
    return first == std::string::npos ? 0 : digits.find_last_not_of('0') - first + 1;
  }
};

std::optional<ScaledDigits> ReadDigits(std::string_view text) {
  const std::optional<NumberParts> parts = ReadNumberParts(text);
  if (!parts || parts->whole.size() + parts->fraction.size() > kMaxDigits) return std::nullopt;
  if (parts->exponent < -kMaxExponent || parts->exponent > kMaxExponent) return std::nullopt;
  ScaledDigits decimal;
  decimal.negative = parts->negative;
  decimal.digits.append(parts->whole).append(parts->fraction);
  decimal.scale = static_cast<std::int64_t>(parts->fraction.size()) - parts->exponent;
  return decimal;
}

// Adds one unit of the last digit.
void Increment(std::string& digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return;
    }
    digits[i] = '0';
  }
  digits.insert(digits.begin(), '1');
}

// To kMaxAmountFractionDigits, half up, without the trailing zeros that this produces.
void Round(ScaledDigits& decimal) {
  const auto surplus = static_cast<std::size_t>(decimal.scale) - kMaxAmountFractionDigits;
  if (decimal.digits.size() <= surplus) decimal.digits.insert(0, surplus - decimal.digits.size() + 1, '0');
  const bool up = decimal.digits[decimal.digits.size() - surplus] >= '5';
  decimal.digits.resize(decimal.digits.size() - surplus);
  decimal.scale = kMaxAmountFractionDigits;
  if (up) Increment(decimal.digits);
  while (decimal.scale > 0 && decimal.digits.ends_with('0')) {
    decimal.digits.pop_back();
    --decimal.scale;
  }
}

// With a scale from 0 to kMaxAmountFractionDigits.
std::string Write(const ScaledDigits& decimal) {
  const auto scale = static_cast<std::size_t>(decimal.scale);
  std::string text = decimal.digits;
  text.erase(0, text.find_first_not_of('0'));
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  if (scale > 0) text.insert(text.size() - scale, 1, '.');
  return text;
}

}  // namespace

std::optional<std::string> ParseAmount(std::string_view text) {
  std::optional<ScaledDigits> decimal = ReadDigits(Trim(text));
  if (!decimal) return std::nullopt;
  if (decimal->IsZero()) return "0";
  if (decimal->negative) return std::nullopt;
  if (decimal->scale > static_cast<std::int64_t>(kMaxAmountFractionDigits)) {
    if (decimal->SignificantDigits() > kDoubleDigits) return std::nullopt;
    Round(*decimal);
    if (decimal->IsZero()) return "0";
  }
  if (decimal->scale < 0) {
    if (decimal->scale < -static_cast<std::int64_t>(kMaxAmountIntegerDigits)) return std::nullopt;
    decimal->digits.append(static_cast<std::size_t>(-decimal->scale), '0');
    decimal->scale = 0;
  }
  std::string plain = Write(*decimal);
  const std::size_t integer_digits = plain.find('.') == std::string::npos ? plain.size() : plain.find('.');
  if (integer_digits > kMaxAmountIntegerDigits) return std::nullopt;
  return plain;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/number_parts.h"
#include "metrics/text_format.h"

namespace o2o {
namespace {

constexpr int kMaxDigits = 18;  // 10^18 fits 64 bits, and its square 128

std::int64_t PowerOfTen(int exponent) {
  std::int64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// Of a text that is a number.
NumberParts TakeApart(std::string_view number) { return ReadNumberParts(number).value_or(NumberParts()); }

// 0.digits * 10^exponent, without zeros at either end of the digits.
struct Digits {
  std::string digits;
  int exponent = 0;
};

Digits Normalized(const NumberParts& parts) {
  Digits result{std::string(parts.whole) + std::string(parts.fraction),
                static_cast<int>(parts.whole.size()) + parts.exponent};
  const std::size_t first = std::min(result.digits.find_first_not_of('0'), result.digits.size());
  result.digits.erase(0, first);
  result.exponent -= static_cast<int>(first);
  result.digits.erase(result.digits.find_last_not_of('0') + 1);
  return result;
}

int Sign(const NumberParts& parts, const Digits& digits) {
  return digits.digits.empty() ? 0 : parts.negative ? -1 : 1;
}

// Out of range: towards infinity, or zero.
double ToDouble(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  const NumberParts parts = TakeApart(number);
  if (Normalized(parts).exponent <= 0) return 0;
  const double infinity = std::numeric_limits<double>::infinity();
  return parts.negative ? -infinity : infinity;
}

std::optional<std::string> InexactProduct(std::string_view a, std::string_view b) {
  const double product = ToDouble(a) * ToDouble(b);
  if (!std::isfinite(product)) return std::nullopt;
  return FormatValue(product);
}

}  // namespace

std::optional<Decimal> ParseDecimal(std::string_view number) {
  const NumberParts parts = TakeApart(number);
  Decimal decimal;
  int digits = 0;  // but for zeros in front
  for (const std::string_view run : {parts.whole, parts.fraction}) {
    for (const char c : run) {
      if (digits > 0 || c != '0') ++digits;
      if (digits > kMaxDigits) return std::nullopt;
      decimal.units = decimal.units * 10 + (c - '0');
    }
  }
  const std::int64_t scale = static_cast<std::int64_t>(parts.fraction.size()) - parts.exponent;
  if (decimal.units == 0) return Decimal{0, static_cast<int>(std::clamp<std::int64_t>(scale, 0, kMaxDigits))};
  if (scale > kMaxDigits || -scale > kMaxDigits - digits) return std::nullopt;
  decimal.scale = std::max(0, static_cast<int>(scale));
  if (scale < 0) decimal.units *= PowerOfTen(static_cast<int>(-scale));
  if (parts.negative) decimal.units = -decimal.units;
  return decimal;
}

std::string FormatDecimal(Int128 units, int scale) {
  std::string text;
  const bool negative = units < 0;
  for (int digits = 0; units != 0 || digits <= scale; ++digits) {
    if (digits == scale && scale > 0) text.push_back('.');
    const int digit = static_cast<int>(units % 10);
    text.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    units /= 10;
  }
  if (negative) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

int CompareNumbers(std::string_view a, std::string_view b) {
  // Rounding keeps the order, so that only numbers of one double need a closer look.
  const double x = ToDouble(a), y = ToDouble(b);
  if (x != y) return x < y ? -1 : 1;
  if (a == b) return 0;
  const NumberParts left = TakeApart(a), right = TakeApart(b);
  const Digits m = Normalized(left), n = Normalized(right);
  const int sign = Sign(left, m);
  if (sign != Sign(right, n)) return sign < Sign(right, n) ? -1 : 1;
  if (sign == 0) return 0;
  if (m.exponent != n.exponent) return m.exponent < n.exponent ? -sign : sign;
  const int order = m.digits.compare(n.digits);
  return order < 0 ? -sign : order > 0 ? sign : 0;
}

std::optional<std::string> Product(std::string_view a, std::string_view b) {
  if (const std::optional<Decimal> factor = ParseDecimal(b)) return Product(a, *factor);
  return InexactProduct(a, b);
}

std::optional<std::string> Product(std::string_view a, const Decimal& b) {
  const std::optional<Decimal> number = ParseDecimal(a);
  if (!number) return InexactProduct(a, FormatDecimal(b.units, b.scale));
  Int128 units = static_cast<Int128>(number->units) * b.units;  // below 10^18 * 2^63, which fits
  int scale = number->scale + b.scale;
  for (; scale > 0 && units % 10 == 0; --scale) units /= 10;
  return FormatDecimal(units, scale);
}

void Sum::Add(std::string_view number) {
  ++count_;
  if (!exact_ || !AddExactly(number)) AddInexactly(ToDouble(number));
}

void Sum::Add(const Sum& other) {
  count_ += other.count_;
  if (!exact_ || !other.exact_ || !AddExactly(other.units_, other.scale_)) AddInexactly(other.Value());
}

void Sum::AddInexactly(long double value) {
  if (exact_) inexact_ = Value();
  exact_ = false;
  inexact_ += value;
}

bool Sum::AddExactly(std::string_view number) {
  const std::optional<Decimal> decimal = ParseDecimal(number);
  return decimal && AddExactly(decimal->units, decimal->scale);
}

// Both to the finer scale.
bool Sum::AddExactly(Int128 units, int units_scale) {
  Int128 sum = units_, addend = units;
  const int scale = std::max<int>(scale_, units_scale);
  if (__builtin_mul_overflow(addend, static_cast<Int128>(PowerOfTen(scale - units_scale)), &addend))
    return false;
  if (__builtin_mul_overflow(sum, static_cast<Int128>(PowerOfTen(scale - scale_)), &sum)) return false;
  if (__builtin_add_overflow(sum, addend, &sum)) return false;
  units_ = sum;
  scale_ = static_cast<std::int8_t>(scale);
  return true;
}

long double Sum::Value() const {
  return exact_ ? static_cast<long double>(units_) / static_cast<long double>(PowerOfTen(scale_)) : inexact_;
}

std::string Sum::Text() const {
  return exact_ ? FormatDecimal(units_, scale_) : FormatValue(static_cast<double>(inexact_));
}

std::string Sum::Average() const {
  return FormatValue(static_cast<double>(Value() / static_cast<long double>(count_)));
}

}  // namespace o2o

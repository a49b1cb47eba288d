// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Arithmetic on numbers that are text, without a detour through double. All take numbers in JSON's grammar.
namespace o2o {

__extension__ using Int128 = __int128;

// units / 10^scale, with at most 18 digits before and after the point together: |units| < 10^18, 0 <= scale
// <= 18.
struct Decimal {
  std::int64_t units = 0;
  int scale = 0;
};

// Nothing if it has more digits than that.
std::optional<Decimal> ParseDecimal(std::string_view number);

// units / 10^scale in plain digits; with scale > 0 that many behind the point.
std::string FormatDecimal(Int128 units, int scale);

// Less than, equal to or greater than 0, as a is against b. Exact for any digits.
int CompareNumbers(std::string_view a, std::string_view b);

// a times b: exact where both are Decimals, without zeros at its end; else in double's precision. Nothing for
// what no double can hold.
std::optional<std::string> Product(std::string_view a, std::string_view b);
std::optional<std::string> Product(std::string_view a, const Decimal& b);  // |b.units| may be any

// A sum, exact as long as all numbers are Decimals and it has at most 37 digits; else that of long doubles.
class Sum {
 public:
  void Add(std::string_view number);
  void Add(const Sum& other);  // all that it is the sum of
  std::string Text() const;
  std::string Average() const;  // in double's precision

 private:
  bool AddExactly(std::string_view number);
  bool AddExactly(Int128 units, int scale);
  void AddInexactly(long double value);
  long double Value() const;

  Int128 units_ = 0;
  long double inexact_ = 0;
  std::uint32_t count_ = 0;
  std::int8_t scale_ = 0;
  bool exact_ = true;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <cstdint>
#include <limits>

#include "base/ascii.h"

namespace o2o {
namespace {

struct DurationUnit {
  std::string_view name;
  std::uint64_t millis;
  bool whole_only;  // printed only if nothing is left over: 8d rather than 1w1d
};
constexpr DurationUnit kDurationUnits[] = {  // in falling order
    {"y", 365ull * 24 * 3'600'000, true},
    {"w", 7ull * 24 * 3'600'000, true},
    {"d", 24ull * 3'600'000, false},
    {"h", 3'600'000, false},
    {"m", 60'000, false},
    {"s", 1'000, false},
    {"ms", 1, false}};

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr ByteUnit kByteUnits[] = {{"", 1},
                                   {"B", 1},
                                   {"kB", 1'000},
                                   {"KB", 1'000},
                                   {"MB", 1'000'000},
                                   {"GB", 1'000'000'000},
                                   {"KiB", 1u << 10},
                                   {"MiB", 1u << 20},
                                   {"GiB", 1u << 30},
                                   {"TB", 1'000'000'000'000},
                                   {"TiB", 1ull << 40}};

// Takes the whole number that `text` begins with; nothing if there is none or it does not fit.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  std::uint64_t number = 0;
  while (!text.empty() && IsDigit(text[0])) {
    if (__builtin_mul_overflow(number, 10u, &number) ||
        __builtin_add_overflow(number, static_cast<std::uint64_t>(text[0] - '0'), &number)) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return number;
}

std::string_view TakeLetters(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && !IsDigit(text[end])) ++end;
  const std::string_view letters = text.substr(0, end);
  text.remove_prefix(end);
  return letters;
}

}  // namespace

std::optional<Millis> ParseDuration(std::string_view text) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  std::size_t next_unit = 0;  // units before it are spent
  if (text.empty()) return std::nullopt;
  const bool bare = text.find_first_not_of("0123456789") == std::string_view::npos;
  while (!text.empty()) {
    const std::optional<std::uint64_t> number = TakeNumber(text);
    if (!number) return std::nullopt;
    const std::string_view name = bare ? "s" : TakeLetters(text);
    while (next_unit < std::size(kDurationUnits) && kDurationUnits[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(kDurationUnits)) return std::nullopt;
    std::uint64_t part = 0;
    if (__builtin_mul_overflow(*number, kDurationUnits[next_unit].millis, &part) ||
        __builtin_add_overflow(total, part, &total) || total > kMax) {
      return std::nullopt;
    }
    ++next_unit;
  }
  return Millis(static_cast<std::int64_t>(total));
}

std::string FormatDuration(Millis duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  // Unsigned negation is right for the smallest value too.
  std::uint64_t rest = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  std::string text = count < 0 ? "-" : "";
  for (const DurationUnit& unit : kDurationUnits) {
    if (rest < unit.millis || (unit.whole_only && rest % unit.millis != 0)) continue;
    text += std::to_string(rest / unit.millis) + std::string(unit.name);
    rest %= unit.millis;
  }
  return text;
}

std::optional<std::uint64_t> ParseByteSize(std::string_view text) {
  const std::optional<std::uint64_t> number = TakeNumber(text);
  if (!number) return std::nullopt;
  for (const ByteUnit& unit : kByteUnits) {
    std::uint64_t bytes = 0;
    if (unit.name != text) continue;
    if (__builtin_mul_overflow(*number, unit.bytes, &bytes)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

}  // namespace o2o

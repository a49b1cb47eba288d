// SPDX-License-Identifier: Apache-2.0
#include "base/epoch_text.h"

#include <algorithm>
#include <cstdint>

#include "base/ascii.h"
#include "base/time_zone.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::int64_t kFirstEpoch = 1'000'000'000;       // September 2001
constexpr std::int64_t kUnlikelyEpoch = 100'000'000'000;  // 5138; as milliseconds 1973: neither is meant
constexpr std::int64_t kYear9999 = 253'370'764'800;       // which means never
constexpr std::int64_t kBeyond = 253'402'300'800;

}  // namespace

std::optional<Timestamp> ReadEpoch(std::string_view digits, std::string_view fraction) {
  constexpr std::size_t kMaxDigits = 19;  // what 64 bits can hold
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  if (number == 0 && fraction.find_first_not_of('0') == std::string_view::npos) return Timestamp{};
  for (const std::uint64_t per_second : {1u, 1'000u, 1'000'000u, 1'000'000'000u}) {
    const auto whole = static_cast<std::int64_t>(number / per_second);
    const bool likely =
        (whole >= kFirstEpoch && whole < kUnlikelyEpoch) || (whole >= kYear9999 && whole < kBeyond);
    if (!likely) continue;
    // What is behind the second, in millionths, from the digits and then the fraction.
    std::uint64_t part = number % per_second, unit = per_second;
    for (const char c : fraction) {
      if (unit >= 1'000'000) break;
      part = part * 10 + static_cast<std::uint64_t>(c - '0');
      unit *= 10;
    }
    while (unit < 1'000'000) part *= 10, unit *= 10;
    return Timestamp(seconds{whole} + microseconds{static_cast<std::int64_t>(part / (unit / 1'000'000))});
  }
  return std::nullopt;
}

std::optional<Timestamp> ReadDotNetDate(std::string_view text) {
  constexpr std::string_view kBegin = "/Date(", kEnd = ")/";
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  text.remove_suffix(std::min(text.size(), kEnd.size()));
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view digits = TakeDigits(text);
  constexpr std::size_t kMaxDigits = 15;
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  std::int64_t millis = 0;
  for (const char c : digits) millis = millis * 10 + (c - '0');
  if (millis >= kBeyond * 1'000 || (!text.empty() && (!TakeUtcOffset(text) || !text.empty()))) {
    return std::nullopt;
  }
  return Timestamp(std::chrono::milliseconds{negative ? -millis : millis});
}

}  // namespace o2o

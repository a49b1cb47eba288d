// SPDX-License-Identifier: Apache-2.0
#include "mapping/value_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/ascii.h"
#include "base/time_text.h"
#include "mapping/decimal.h"

namespace o2o {
namespace {

// What separates thousands: the mark that is not the decimal one, a blank of any width, an apostrophe.
constexpr std::string_view kNoBreakSpace = "\xC2\xA0", kNarrowNoBreakSpace = "\xE2\x80\xAF";

std::string_view GroupMark(std::string_view text, DecimalMark decimal) {
  for (const std::string_view mark :
       {decimal == DecimalMark::kPoint ? std::string_view(",") : ".", std::string_view(" "),
        std::string_view("'"), kNoBreakSpace, kNarrowNoBreakSpace}) {
    if (text.starts_with(mark)) return mark;
  }
  return {};
}

// "1,234,567" behind "1". An incomplete group of three is left in `text`, and refused there.
bool TakeGroup(std::string_view& text, std::string_view mark, std::string& out) {
  if (mark.empty() || !text.starts_with(mark)) return false;
  const std::string_view group = text.substr(mark.size(), 3);
  if (group.size() < 3 || !std::all_of(group.begin(), group.end(), IsDigit)) return false;
  out += group;
  text.remove_prefix(mark.size() + 3);
  return true;
}

// A number at the beginning of `text`, in JSON's grammar into `out`, and the rest without blanks in front.
std::optional<std::string_view> TakeNumber(std::string_view text, DecimalMark decimal, std::string& out) {
  const char point = decimal == DecimalMark::kPoint ? '.' : ',';
  out.clear();
  if (text.starts_with('-')) out += '-';
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::string_view whole = TakeDigits(text);
  if (whole.empty() && !text.starts_with(point)) return std::nullopt;
  const bool may_group = !whole.empty() && whole.size() <= 3 && whole[0] != '0';
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  out += whole.empty() ? "0" : whole;
  const std::string_view mark = may_group ? GroupMark(text, decimal) : std::string_view();
  bool grouped = false;
  while (TakeGroup(text, mark, out)) grouped = true;
  if (text.starts_with(point)) {
    text.remove_prefix(1);
    const std::string_view fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
    out.append(".").append(fraction);
  }
  // The e may begin a unit too ("1 EB" has a blank, "1EB" not).
  if (!grouped && !text.empty() && Lower(text[0]) == 'e') {
    std::string_view behind = text.substr(1);
    std::string exponent = "e";
    if (behind.starts_with('-') || behind.starts_with('+')) {
      exponent += behind[0];
      behind.remove_prefix(1);
    }
    const std::string_view digits = TakeDigits(behind);
    if (!digits.empty()) {
      out.append(exponent).append(digits);
      text = behind;
    }
  }
  return Trim(text);
}

// Nothing for a text that is not a unit of size.
std::optional<std::int64_t> Factor(std::string_view unit) {
  if (unit.empty() || EqualsIgnoringCase(unit, "b") || EqualsIgnoringCase(unit, "byte") ||
      EqualsIgnoringCase(unit, "bytes")) {
    return 1;
  }
  constexpr std::string_view kPrefixes = "kmgtpe";
  const std::size_t power = kPrefixes.find(Lower(unit[0]));
  if (power == std::string_view::npos) return std::nullopt;
  const bool binary = EqualsIgnoringCase(unit.substr(1), "ib");
  if (!binary && !EqualsIgnoringCase(unit.substr(1), "b")) return std::nullopt;
  std::int64_t factor = 1;
  for (std::size_t i = 0; i <= power; ++i) factor *= binary ? 1024 : 1000;
  return factor;
}

// "+NaN" too.
bool IsNan(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return EqualsIgnoringCase(text, "nan");
}

}  // namespace

ValueText::Outcome ValueText::Read(JsonType type, std::string_view text, const ValueForm& form) {
  zone_assumed_ = false;
  switch (type) {
    case JsonType::kNull: return Outcome::kNoValue;
    case JsonType::kObject:
    case JsonType::kArray: return Outcome::kBad;
    case JsonType::kBool:
      if (form.unit != ValueUnit::kNumber) return Outcome::kBad;
      number_ = text == "true" ? "1" : "0";
      return Outcome::kNumber;
    case JsonType::kNumber:
      if (!IsDigit(text.back()) && IsNan(text)) return Outcome::kNoValue;
      return form.unit == ValueUnit::kTime ? ReadTime(type, text, form) : Checked(text);
    case JsonType::kString: return ReadString(Trim(text), form);
  }
  return Outcome::kBad;
}

ValueText::Outcome ValueText::ReadString(std::string_view text, const ValueForm& form) {
  if (text.empty() || IsNan(text)) return Outcome::kNoValue;
  if (text.size() > kMaxNumberBytes) return Outcome::kBad;
  if (form.unit == ValueUnit::kTime) return ReadTime(JsonType::kString, text, form);
  const std::optional<std::string_view> rest = TakeNumber(text, form.decimal, buffer_);
  if (form.unit == ValueUnit::kBytes) {
    if (!rest) return Outcome::kBad;
    const std::optional<std::int64_t> factor = Factor(*rest);
    if (!factor) return Outcome::kBad;
    if (*factor == 1) return Checked(buffer_);
    std::optional<std::string> bytes = Product(buffer_, Decimal{*factor, 0});
    if (!bytes) return Outcome::kBad;
    buffer_ = *std::move(bytes);
    return Checked(buffer_);
  }
  if (!rest) {
    const bool yes = EqualsIgnoringCase(text, "true");
    if (!yes && !EqualsIgnoringCase(text, "false")) return Outcome::kBad;
    number_ = yes ? "1" : "0";
    return Outcome::kNumber;
  }
  if (*rest == "%") return Shift();
  return rest->empty() ? Checked(buffer_) : Outcome::kBad;
}

ValueText::Outcome ValueText::ReadTime(JsonType type, std::string_view text, const ValueForm& form) {
  if (text.starts_with("0000-00-00")) return Outcome::kNoValue;
  if (type == JsonType::kNumber && text.find_first_of("eE") != std::string_view::npos) {
    const std::optional<Decimal> decimal = ParseDecimal(text);
    if (!decimal) return Outcome::kBad;
    buffer_ = FormatDecimal(decimal->units, decimal->scale);
    text = buffer_;
  }
  const std::optional<TimeText> read = o2o::ReadTime(text, form.timezone, form.now);
  if (!read) return Outcome::kBad;
  zone_assumed_ = read->zone_assumed;
  const std::int64_t micros = std::chrono::microseconds(read->time.time_since_epoch()).count();
  const bool whole = micros % 1'000'000 == 0;
  buffer_ = whole ? FormatDecimal(micros / 1'000'000, 0) : FormatDecimal(micros, 6);
  if (!whole) buffer_.erase(buffer_.find_last_not_of('0') + 1);
  number_ = buffer_;
  return Outcome::kNumber;
}

// buffer_ divided by 100: the point moves, the digits stay.
ValueText::Outcome ValueText::Shift() {
  if (buffer_.find('e') != std::string::npos) return Outcome::kBad;
  const std::size_t first = buffer_[0] == '-' ? 1 : 0;
  std::size_t point = buffer_.find('.');
  if (point == std::string::npos) {
    point = buffer_.size();
  } else {
    buffer_.erase(point, 1);
  }
  if (point - first < 3) {
    buffer_.insert(first, 3 - (point - first), '0');
    point = first + 3;
  }
  buffer_.insert(point - 2, 1, '.');
  // "1200%" is 12, not 12.00; digits that were sent behind the point stay.
  if (point == buffer_.size() - 1) {
    buffer_.erase(buffer_.find_last_not_of('0') + 1);
    if (buffer_.back() == '.') buffer_.pop_back();
  }
  return Checked(buffer_);
}

// A number that Prometheus reads: one beyond a double would cost the whole scrape.
ValueText::Outcome ValueText::Checked(std::string_view number) {
  if (number.size() > kMaxNumberBytes) return Outcome::kBad;
  if (!IsDigit(number.back())) return Outcome::kBad;  // Infinity
  if (std::any_of(number.begin(), number.end(), [](char c) { return Lower(c) == 'e'; })) {
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error == std::errc::result_out_of_range &&
        CompareNumbers(number, "1") * CompareNumbers(number, "-1") > 0) {
      return Outcome::kBad;  // too large; what is too small is zero to everybody
    }
  }
  number_ = number;
  return Outcome::kNumber;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/time_problem.h"

#include <algorithm>

#include "base/ascii.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxBytes = 128;  // anything longer is not a time in any form

// A text with each run of digits, letters or blanks as one 9, a or blank: "20-NOV-26" is "9-a-9".
std::string Shape(std::string_view text) {
  std::string shape;
  for (const char c : text) {
    const char kind = IsDigit(c) ? '9' : IsLetter(c) ? 'a' : c;
    const bool runs = kind == '9' || kind == 'a' || kind == ' ';
    if (!runs || !shape.ends_with(kind)) shape += kind;
  }
  return shape;
}

std::string_view LastWord(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && IsLetter(text[begin - 1])) --begin;
  return text.substr(begin);
}

std::string_view NumberProblem(std::string_view digits) {
  constexpr std::size_t kSpreadsheetDay = 5, kJulianDay = 7;
  if (digits.size() == kSpreadsheetDay) return "may be a spreadsheet's day number";
  if (digits.size() == kJulianDay) return "may be a Julian day number";
  return "is neither a date such as 20261120 nor a likely number of seconds, milliseconds, microseconds or "
         "nanoseconds since 1970";
}

std::string_view Problem(std::string_view text) {
  const std::string shape = Shape(text);
  const auto begins = [&](std::string_view with) { return shape.starts_with(with); };
  const bool signed_number = text.starts_with('-') || text.starts_with('+');
  if (EqualsIgnoringCase(text.substr(signed_number ? 1 : 0), "infinity")) {
    return "is PostgreSQL's infinity, which is not a point in time";
  }
  if (text.starts_with("0000-00-00")) return "is MySQL's zero date, which is not a date";
  if (shape == "9" || shape == "9.9" || shape == "-9" || shape == "-9.9") {
    std::string_view rest = text;
    return NumberProblem(TakeDigits(rest));
  }
  std::string_view behind = text;
  const std::string_view first = TakeDigits(behind);
  const std::size_t comma = text.find(", ");
  const bool weekday = begins("a, ");
  if (begins("9/a/9") || begins("9-a-9") || begins("9 a 9") || (weekday && comma != text.npos)) {
    return "has a year of two digits, or a month that does not exist";
  }
  if (begins("9/9/9") || begins("9-9-9") || begins("9.9.9")) {
    if (first.size() <= 2) return "has day, month and year in an order that differs from country to country";
    if (IsLetter(text.back()) && LastWord(text).size() > 1) {
      return "ends in an abbreviation that several time zones share";
    }
    return "has a date or a time of day that does not exist, or something that belongs to neither";
  }
  if (begins("9:9")) return "is a time of day without a date";
  if (begins("a 9 9:9")) return "has no year";
  if (shape == "9-9" || shape == "9/9" || shape == "a 9") return "is a month without a day";
  return "is not a time";
}

}  // namespace

std::string TimeProblem(std::string_view text) {
  text = Trim(text);
  const std::string_view problem = text.size() > kMaxBytes ? "is not a time" : Problem(text);
  return std::string(problem) + ", expected one like 2026-11-20T10:00:00+07:00";
}

}  // namespace o2o

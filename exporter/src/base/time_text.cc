// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "base/epoch_text.h"
#include "base/time_cursor.h"

namespace o2o {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::size_t kMaxBytes = 128;  // of a time; JavaScript's with the zone's name spelled out has 60

// A text taken apart.
struct Parts {
  year_month_day date{};
  bool compact = false;  // the date had no separators, so that the time may have none
  microseconds time_of_day{0};
  std::optional<seconds> offset;
  std::optional<TimeZone> zone;
};

std::optional<year_month_day> Date(int year, int month, int day) {
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (year < 1 || !date.ok()) return std::nullopt;
  return date;
}

// The day of an ISO week: its first week is the one with 4 January.
std::optional<year_month_day> WeekDate(int year, int week, int weekday) {
  const auto start_of = [](int of_year) {
    const std::chrono::sys_days fourth = std::chrono::year(of_year) / 1 / 4;
    return fourth - std::chrono::days(std::chrono::weekday(fourth).iso_encoding() - 1);
  };
  if (year < 1 || week < 1 || weekday < 1 || weekday > 7) return std::nullopt;
  const std::chrono::sys_days day = start_of(year) + std::chrono::days((week - 1) * 7 + weekday - 1);
  if (day >= start_of(year + 1)) return std::nullopt;
  return year_month_day(day);
}

std::optional<year_month_day> OrdinalDate(int year, int day) {
  const std::chrono::sys_days date =
      std::chrono::sys_days{std::chrono::year(year) / 1 / 1} + std::chrono::days(day - 1);
  const year_month_day found(date);
  if (year < 1 || day < 1 || found.year() != std::chrono::year(year)) return std::nullopt;
  return found;
}

// "2026-11-20", "2026/1/2", "20261120", "2026-W47-5", "2026-324".
std::optional<year_month_day> TakeYearFirst(TimeCursor& cursor, bool& compact) {
  const std::size_t digits = cursor.DigitsAhead();
  compact = digits == 8;
  if (digits != 4 && !compact) return std::nullopt;
  const int year = *cursor.TakeDigits(4);
  if (compact) {
    const int month = *cursor.TakeDigits(2);
    return Date(year, month, *cursor.TakeDigits(2));
  }
  const char separator = cursor.peek();
  if (separator == 'W') {
    cursor.Take('W');
    const std::optional<int> week = cursor.TakeDigits(2), day = cursor.TakeDigits(1);
    compact = true;
    return week && day ? WeekDate(year, *week, *day) : std::nullopt;
  }
  if (separator != '-' && separator != '/' && separator != '.') return std::nullopt;
  cursor.Take(separator);
  if (separator == '-' && cursor.Take('W')) {
    const std::optional<int> week = cursor.TakeDigits(2);
    if (!week || !cursor.Take('-')) return std::nullopt;
    const std::optional<int> day = cursor.TakeDigits(1);
    return day ? WeekDate(year, *week, *day) : std::nullopt;
  }
  if (separator == '-' && cursor.DigitsAhead() == 3) return OrdinalDate(year, *cursor.TakeDigits(3));
  const std::optional<int> month = cursor.TakeOneOrTwoDigits();
  if (!month || !cursor.Take(separator)) return std::nullopt;
  const std::optional<int> day = cursor.TakeOneOrTwoDigits();
  return day ? Date(year, *month, *day) : std::nullopt;
}

// "20 Nov 2026", "20-NOV-2026", "20/Nov/2026", "20NOV2026".
std::optional<year_month_day> TakeDayFirst(TimeCursor& cursor) {
  const std::optional<int> day = cursor.TakeOneOrTwoDigits();
  if (!day) return std::nullopt;
  const char separator = cursor.peek();
  if (separator == '-' || separator == '/') cursor.Take(separator);
  cursor.TakeBlanks();
  const std::optional<std::size_t> month = cursor.TakeName(kMonths);
  if (!month) return std::nullopt;
  if (separator == '-' || separator == '/') {
    if (!cursor.Take(separator)) return std::nullopt;
  }
  cursor.TakeBlanks();
  if (cursor.DigitsAhead() != 4) return std::nullopt;
  return Date(*cursor.TakeDigits(4), static_cast<int>(*month) + 1, *day);
}

// ".123" or ",123" as microseconds; zero if there is none; nothing for a point without digits.
std::optional<microseconds> TakeFraction(TimeCursor& cursor) {
  if (!cursor.Take('.') && !cursor.Take(',')) return microseconds{0};
  const std::string_view digits = cursor.TakeAllDigits();
  if (digits.empty()) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return microseconds{micros};
}

// "AM" and "PM" make 12 hours 24; false if they make no sense.
bool TakeHalfOfDay(TimeCursor& cursor, int& hour) {
  TimeCursor ahead = cursor;
  ahead.TakeBlanks();
  const bool afternoon = ahead.TakeWord("pm");
  if ((!afternoon && !ahead.TakeWord("am")) || IsLetter(ahead.peek())) return true;
  if (hour < 1 || hour > 12) return false;
  hour = hour % 12 + (afternoon ? 12 : 0);
  cursor = ahead;
  return true;
}

// "10:00", "9:05 AM", "10:00:00.123456"; without a separator where the date has none: "1000", "100000".
std::optional<microseconds> TakeTimeOfDay(TimeCursor& cursor, bool compact, char separator = ':') {
  const std::size_t digits = cursor.DigitsAhead();
  const bool run = compact && (digits == 4 || digits == 6);
  std::optional<int> hour = run ? cursor.TakeDigits(2) : cursor.TakeOneOrTwoDigits();
  if (!hour || *hour > 23 || (!run && !cursor.Take(separator))) return std::nullopt;
  const std::optional<int> minute = cursor.TakeDigits(2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds rest = std::chrono::minutes{*minute};
  if (run ? digits == 6 : cursor.Take(separator)) {
    const std::optional<int> second = cursor.TakeDigits(2);
    if (!second || *second > 59) return std::nullopt;
    const std::optional<microseconds> fraction = TakeFraction(cursor);
    if (!fraction) return std::nullopt;
    rest += seconds{*second} + *fraction;
  }
  if (!TakeHalfOfDay(cursor, *hour)) return std::nullopt;
  return std::chrono::hours{*hour} + rest;
}

// What Go, Java, JavaScript and mail write behind an offset, which says the same once more: "+07", "ICT",
// "[Asia/Ho_Chi_Minh]", "(Indochina Time)", "m=+0.01".
bool TakeRepeatedZone(TimeCursor& cursor, bool behind_offset) {
  if (cursor.Take('[')) return cursor.TakeUpTo(']').has_value();
  TimeCursor ahead = cursor;
  if (!ahead.TakeBlanks()) return true;
  if (ahead.Take('(')) {
    if (!ahead.TakeUpTo(')')) return false;
  } else if (!behind_offset) {
    return true;
  } else if (!ahead.TakeOffset()) {
    std::size_t letters = 0;
    for (; IsLetter(ahead.peek()); ++letters) ahead.Take(ahead.peek());
    if (letters < 2 || letters > 5) return true;
  }
  if (ahead.TakeWord(" m=")) {
    if (!ahead.Take('+')) ahead.Take('-');
    ahead.TakeAllDigits();
    if (!TakeFraction(ahead)) return false;
  }
  cursor = ahead;
  return true;
}

// An IANA name has a slash in it; everything else of letters is an abbreviation, and those mean several
// zones.
std::optional<TimeZone> ZoneOf(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.size() > kLongest || name.find('/') == std::string_view::npos) return std::nullopt;
  return TimeZone::Find(name);
}

// False if the text where a zone may be is not one.
bool TakeZone(TimeCursor& cursor, Parts& parts) {
  TimeCursor ahead = cursor;
  ahead.TakeBlanks();
  const bool named = ahead.TakeWord("utc") || ahead.TakeWord("gmt") || ahead.TakeWord("z");
  if (named && !IsLetter(ahead.peek()) && ahead.peek() != '/') {
    parts.offset = ahead.TakeOffset().value_or(seconds{0});
  } else if (named) {
    return false;
  } else if (const std::optional<seconds> offset = ahead.TakeOffset()) {
    parts.offset = offset;
  } else if (ahead.Take('[')) {
    const std::optional<std::string_view> name = ahead.TakeUpTo(']');
    parts.zone = name ? ZoneOf(*name) : std::nullopt;
    cursor = ahead;
    return parts.zone.has_value();
  } else if (IsLetter(ahead.peek())) {
    const std::string_view name = ahead.rest().substr(0, ahead.rest().find(' '));
    parts.zone = ZoneOf(name);
    ahead.TakeWord(name);
    cursor = ahead;
    return parts.zone.has_value();
  } else {
    return true;
  }
  cursor = ahead;
  return TakeRepeatedZone(cursor, !named);
}

// "Nov 20, 2026[, 10:00 AM]", "Nov 20 10:00:00 [+0700] 2026"; the whole text from the month on.
bool ReadMonthFirst(TimeCursor& cursor, Parts& parts) {
  const std::optional<std::size_t> month = cursor.TakeName(kMonths);
  if (!month || !cursor.TakeBlanks()) return false;
  const std::optional<int> day = cursor.TakeOneOrTwoDigits();
  if (!day) return false;
  cursor.Take(',');
  if (!cursor.TakeBlanks()) return false;
  const bool year_follows = cursor.DigitsAhead() == 4;
  std::optional<int> year = year_follows ? cursor.TakeDigits(4) : std::nullopt;
  if (year_follows) cursor.Take(',');
  if (!year_follows || cursor.TakeBlanks()) {
    const std::optional<microseconds> time = TakeTimeOfDay(cursor, false);
    if (!time) return false;
    parts.time_of_day = *time;
    if (!year_follows) {
      // The year may follow at once; it is not a zone.
      TimeCursor ahead = cursor;
      ahead.TakeBlanks();
      if (ahead.DigitsAhead() != 4 && !TakeZone(cursor, parts)) return false;
      if (!cursor.TakeBlanks() || cursor.DigitsAhead() != 4) return false;
      year = cursor.TakeDigits(4);
    } else if (!TakeZone(cursor, parts)) {
      return false;
    }
  }
  const std::optional<year_month_day> date = Date(*year, static_cast<int>(*month) + 1, *day);
  if (date) parts.date = *date;
  return date && cursor.done();
}

// From the date on, if that begins with a digit.
bool ReadDigitsFirst(TimeCursor& cursor, Parts& parts) {
  const bool year_first = cursor.DigitsAhead() >= 4;
  const std::optional<year_month_day> date =
      year_first ? TakeYearFirst(cursor, parts.compact) : TakeDayFirst(cursor);
  if (!date) return false;
  parts.date = *date;
  if (cursor.done()) return true;
  char separator = ':';
  if (year_first && cursor.Take('-')) {
    separator = '.';  // DB2: 2026-11-20-10.00.00.000000
  } else if (!cursor.Take('T') && !cursor.Take('t') && (year_first || !cursor.Take(':'))) {
    cursor.Take(',');
    if (!cursor.TakeBlanks()) return false;
  }
  const std::optional<microseconds> time = TakeTimeOfDay(cursor, parts.compact, separator);
  if (!time || !TakeZone(cursor, parts)) return false;
  parts.time_of_day = *time;
  return cursor.done();
}

bool ReadCalendar(std::string_view text, Parts& parts) {
  TimeCursor cursor(text);
  if (cursor.Take('[')) {  // as web servers' logs have it
    if (!text.ends_with(']')) return false;
    cursor = TimeCursor(text.substr(1, text.size() - 2));
  }
  if (IsDigit(cursor.peek())) return ReadDigitsFirst(cursor, parts);
  if (cursor.TakeName(kWeekdays)) {
    cursor.Take(',');
    if (!cursor.TakeBlanks()) return false;
  }
  return IsDigit(cursor.peek()) ? ReadDigitsFirst(cursor, parts) : ReadMonthFirst(cursor, parts);
}

// "20261120", "202611201000", "20261120100000", of years that somebody is likely to mean.
bool ReadDateDigits(std::string_view digits, Parts& parts) {
  if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) return false;
  TimeCursor cursor(digits);
  const int year = *cursor.TakeDigits(4), month = *cursor.TakeDigits(2), day = *cursor.TakeDigits(2);
  const std::optional<year_month_day> date = Date(year, month, day);
  if (!date || year < 1900 || year > 2199) return false;
  parts.date = *date;
  if (cursor.done()) return true;
  const std::optional<microseconds> time = TakeTimeOfDay(cursor, true);
  if (!time) return false;
  parts.time_of_day = *time;
  return true;
}

Timestamp Instant(const Parts& parts, const TimeZone& zone, std::optional<Timestamp> now) {
  const WallTime wall = std::chrono::local_days{parts.date} + parts.time_of_day;
  if (parts.offset) return Timestamp(wall.time_since_epoch() - *parts.offset);
  return (parts.zone ? *parts.zone : zone).ToUtc(wall, now);
}

// With zeros in front. By hand, since each order of a page comes through here and printf took a tenth of an
// ingest.
void AppendDigits(std::string& text, std::int64_t value, std::size_t digits) {
  text.resize(text.size() + digits);
  for (auto place = text.rbegin(); digits > 0; --digits, ++place, value /= 10) {
    *place = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

std::optional<TimeText> ReadTime(std::string_view text, const TimeZone& zone, std::optional<Timestamp> now) {
  text = Trim(text);
  if (text.empty() || text.size() > kMaxBytes) return std::nullopt;
  if (const std::optional<Timestamp> time = ReadDotNetDate(text)) return TimeText{*time};
  Parts parts;
  TimeCursor cursor(text);
  const std::string_view digits = cursor.TakeAllDigits();
  const bool point = cursor.Take('.');
  const std::string_view fraction = point ? cursor.TakeAllDigits() : std::string_view();
  if (!digits.empty() && cursor.done() && (!point || !fraction.empty())) {
    const bool whole = fraction.find_first_not_of('0') == std::string_view::npos;
    if ((whole || digits.size() == 14) && ReadDateDigits(digits, parts)) {
      TimeCursor behind(point ? text.substr(digits.size()) : std::string_view());
      parts.time_of_day += *TakeFraction(behind);
      return TimeText{Instant(parts, zone, now), true};
    }
    const std::optional<Timestamp> time = ReadEpoch(digits, fraction);
    return time ? std::optional(TimeText{*time}) : std::nullopt;
  }
  if (digits.size() == 14 && ReadDateDigits(digits, parts)) {  // of LDAP: 20261120100000.5Z
    TimeCursor behind(text.substr(digits.size()));
    const std::optional<microseconds> part = TakeFraction(behind);
    if (!part || !TakeZone(behind, parts) || !behind.done()) return std::nullopt;
    parts.time_of_day += *part;
  } else if (!ReadCalendar(text, parts = {})) {
    return std::nullopt;
  }
  return TimeText{Instant(parts, zone, now), !parts.offset && !parts.zone};
}

std::optional<Timestamp> ParseTime(std::string_view text, const TimeZone& zone,
                                   std::optional<Timestamp> now) {
  const std::optional<TimeText> read = ReadTime(text, zone, now);
  if (!read) return std::nullopt;
  return read->time;
}

std::optional<Timestamp> ParseHttpDate(std::string_view text) {
  constexpr Timestamp kEnd = std::chrono::sys_days{std::chrono::year(2201) / 1 / 1};
  // A letter, a capital, a digit, or the character itself.
  constexpr std::string_view kShape = "Aaa, 00 Aaa 0000 00:00:00 GMT";
  const auto fits = [](char shape, char c) {
    if (shape == '0') return IsDigit(c);
    if (shape == 'a') return IsLetter(c) && Lower(c) == c;
    if (shape == 'A') return IsLetter(c) && Lower(c) != c;
    return shape == c;
  };
  if (!std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(),
                  [&](char c, char shape) { return fits(shape, c); })) {
    return std::nullopt;
  }
  const std::optional<Timestamp> time = ParseTime(text, TimeZone());
  if (!time || *time < Timestamp{} || *time >= kEnd) return std::nullopt;
  return time;
}

std::string FormatTime(Timestamp time) {
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss<microseconds> clock{time - day};
  std::string text;
  text.reserve(sizeof "2026-11-20T10:00:00.123456Z");
  AppendDigits(text, static_cast<int>(date.year()), 4);
  AppendDigits(text += '-', static_cast<unsigned>(date.month()), 2);
  AppendDigits(text += '-', static_cast<unsigned>(date.day()), 2);
  AppendDigits(text += 'T', clock.hours().count(), 2);
  AppendDigits(text += ':', clock.minutes().count(), 2);
  AppendDigits(text += ':', clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) AppendDigits(text += '.', clock.subseconds().count(), 6);
  return text += 'Z';
}

}  // namespace o2o

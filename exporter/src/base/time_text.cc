// SPDX-License-Identifier: Apache-2.0
#include "base/time_text.h"

#include <date/tz.h>

#include <array>
#include <cstdint>
#include <exception>

#include "base/ascii.h"

namespace o2o {

struct TimeZone::Rules {
  const date::time_zone* zone = nullptr;  // lives as long as the program
  std::chrono::seconds offset{0};         // where there is no zone
};

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr Timestamp kFirst{};  // 1970
constexpr Timestamp kBeyond = std::chrono::sys_days{std::chrono::year(2201) / 1 / 1};
constexpr std::int64_t kFirstMillis = 100'000'000'000;  // as seconds it would be the year 5138

std::optional<Timestamp> InRange(Timestamp time) {
  if (time < kFirst || time >= kBeyond) return std::nullopt;
  return time;
}

// Reads a text from left to right. Each Take... leaves the text alone if it does not find what it wants.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }

  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Take(std::string_view word) {
    if (text_.substr(0, word.size()) != word) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  std::optional<int> TakeDigits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) return std::nullopt;
      number = number * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  // The digits that come next, however many.
  std::string_view TakeAllDigits() {
    std::size_t end = 0;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    const std::string_view digits = text_.substr(0, end);
    text_.remove_prefix(end);
    return digits;
  }
  template <std::size_t n>
  std::optional<std::size_t> TakeOneOf(const std::array<std::string_view, n>& words) {
    for (std::size_t i = 0; i < n; ++i) {
      if (Take(words[i])) return i;
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
};

// ".123" as microseconds; zero if there is none; nothing for a point without digits.
std::optional<microseconds> TakeFraction(Cursor& cursor) {
  if (!cursor.Take('.')) return microseconds{0};
  const std::string_view digits = cursor.TakeAllDigits();
  if (digits.empty()) return std::nullopt;
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return microseconds{micros};
}

// "+07:00", "+0700", "+07" behind a sign; nothing if malformed.
std::optional<seconds> TakeOffset(Cursor& cursor) {
  const bool west = cursor.Take('-');
  if (!west && !cursor.Take('+')) return std::nullopt;
  const std::optional<int> hours = cursor.TakeDigits(2);
  if (!hours || *hours > 15) return std::nullopt;
  int minutes = 0;
  if (!cursor.done()) {
    cursor.Take(':');
    const std::optional<int> given = cursor.TakeDigits(2);
    if (!given || *given > 59) return std::nullopt;
    minutes = *given;
  }
  const seconds offset = std::chrono::hours{*hours} + std::chrono::minutes{minutes};
  return west ? -offset : offset;
}

// "2026-11-20"
std::optional<std::chrono::year_month_day> TakeDate(Cursor& cursor) {
  const std::optional<int> year = cursor.TakeDigits(4);
  if (!year || !cursor.Take('-')) return std::nullopt;
  const std::optional<int> month = cursor.TakeDigits(2);
  if (!month || !cursor.Take('-')) return std::nullopt;
  const std::optional<int> day = cursor.TakeDigits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return date;
}

// "10:00", "10:00:00", "10:00:00.123456"
std::optional<microseconds> TakeTimeOfDay(Cursor& cursor, bool seconds_needed) {
  const std::optional<int> hour = cursor.TakeDigits(2);
  if (!hour || *hour > 23 || !cursor.Take(':')) return std::nullopt;
  const std::optional<int> minute = cursor.TakeDigits(2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds time = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  if (!cursor.Take(':')) return seconds_needed ? std::nullopt : std::optional(time);
  const std::optional<int> second = cursor.TakeDigits(2);
  if (!second || *second > 59) return std::nullopt;
  const std::optional<microseconds> fraction = TakeFraction(cursor);
  if (!fraction) return std::nullopt;
  return time + seconds{*second} + *fraction;
}

std::optional<Timestamp> ParseEpoch(std::string_view text) {
  Cursor cursor(text);
  const std::string_view digits = cursor.TakeAllDigits();
  if (digits.empty() || digits.size() > 15) return std::nullopt;
  std::int64_t number = 0;
  for (char c : digits) number = number * 10 + (c - '0');
  if (number >= kFirstMillis && cursor.done()) return InRange(Timestamp(std::chrono::milliseconds{number}));
  const std::optional<microseconds> fraction = TakeFraction(cursor);
  if (!fraction || !cursor.done()) return std::nullopt;
  return number >= kFirstMillis ? InRange(Timestamp(std::chrono::milliseconds{number}))
                                : InRange(Timestamp(seconds{number}) + *fraction);
}

std::optional<Timestamp> ParseIso(std::string_view text, const TimeZone& zone) {
  Cursor cursor(text);
  const std::optional<std::chrono::year_month_day> date = TakeDate(cursor);
  if (!date) return std::nullopt;
  std::chrono::local_time<microseconds> wall = std::chrono::local_days{*date};
  if (cursor.done()) return InRange(zone.ToUtc(wall));
  if (!cursor.Take('T') && !cursor.Take(' ') && !cursor.Take('t')) return std::nullopt;
  const std::optional<microseconds> time_of_day = TakeTimeOfDay(cursor, false);
  if (!time_of_day) return std::nullopt;
  wall += *time_of_day;
  if (cursor.done()) return InRange(zone.ToUtc(wall));
  seconds offset{0};
  if (!cursor.Take('Z') && !cursor.Take('z')) {
    const std::optional<seconds> given = TakeOffset(cursor);
    if (!given) return std::nullopt;
    offset = *given;
  }
  if (!cursor.done()) return std::nullopt;
  return InRange(Timestamp(wall.time_since_epoch() - offset));
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

TimeZone::TimeZone() = default;

std::optional<TimeZone> TimeZone::Find(std::string_view name) {
  TimeZone found;
  if (name == "UTC" || name == "Z") return found;
  Rules rules;
  Cursor cursor(name);
  if (const std::optional<seconds> offset = TakeOffset(cursor)) {
    if (!cursor.done()) return std::nullopt;
    rules.offset = *offset;
  } else {
    try {
      rules.zone = date::locate_zone(std::string(name));
      rules.zone->get_info(
          date::local_seconds{});  // reads the zone's file now rather than at the first order
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  found.rules_ = std::make_shared<const Rules>(rules);
  return found;
}

Timestamp TimeZone::ToUtc(std::chrono::local_time<microseconds> wall) const {
  const microseconds since_epoch = wall.time_since_epoch();
  if (!rules_) return Timestamp(since_epoch);
  if (!rules_->zone) return Timestamp(since_epoch - rules_->offset);
  try {
    const date::local_info info = rules_->zone->get_info(date::local_time<microseconds>(since_epoch));
    if (info.result == date::local_info::nonexistent) {
      return Timestamp(info.first.end.time_since_epoch());
    }
    return Timestamp(since_epoch - info.first.offset);
  } catch (const std::exception&) {
    return Timestamp(since_epoch);  // not reached: Find has read the rules
  }
}

std::optional<Timestamp> ParseTime(std::string_view text, const TimeZone& zone) {
  if (std::optional<Timestamp> time = ParseIso(text, zone)) return time;
  return ParseEpoch(text);
}

std::optional<Timestamp> ParseHttpDate(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kDays = {"Mon, ", "Tue, ", "Wed, ", "Thu, ",
                                                            "Fri, ", "Sat, ", "Sun, "};
  static constexpr std::array<std::string_view, 12> kMonths = {" Jan ", " Feb ", " Mar ", " Apr ",
                                                               " May ", " Jun ", " Jul ", " Aug ",
                                                               " Sep ", " Oct ", " Nov ", " Dec "};
  Cursor cursor(text);
  if (!cursor.TakeOneOf(kDays)) return std::nullopt;
  const std::optional<int> day = cursor.TakeDigits(2);
  if (!day) return std::nullopt;
  const std::optional<std::size_t> month = cursor.TakeOneOf(kMonths);
  if (!month) return std::nullopt;
  const std::optional<int> year = cursor.TakeDigits(4);
  if (!year || !cursor.Take(' ')) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month) + 1),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const std::optional<microseconds> time_of_day = TakeTimeOfDay(cursor, true);
  if (!time_of_day || !cursor.Take(" GMT") || !cursor.done()) return std::nullopt;
  return InRange(Timestamp(std::chrono::sys_days{date}) + *time_of_day);
}

std::string FormatTime(Timestamp time) {
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
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

// SPDX-License-Identifier: Apache-2.0
#include "base/time_zone.h"

#include <date/tz.h>

#include <exception>

#include "base/ascii.h"

namespace o2o {

struct TimeZone::Rules {
  std::string name;
  const date::time_zone* zone = nullptr;  // lives as long as the program
  std::chrono::seconds offset{0};         // where there is no zone
};

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// Two digits, at most `max`.
std::optional<int> TakeTwoDigits(std::string_view& text, int max) {
  if (text.size() < 2 || !IsDigit(text[0]) || !IsDigit(text[1])) return std::nullopt;
  const int number = (text[0] - '0') * 10 + (text[1] - '0');
  if (number > max) return std::nullopt;
  text.remove_prefix(2);
  return number;
}

}  // namespace

std::optional<seconds> TakeUtcOffset(std::string_view& text) {
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool west = text[0] == '-';
  std::string_view rest = text.substr(1);
  const std::optional<int> hours = TakeTwoDigits(rest, 15);
  if (!hours) return std::nullopt;
  seconds offset = std::chrono::hours{*hours};
  const bool colons = rest.starts_with(':');
  if (colons) rest.remove_prefix(1);
  if (colons || (!rest.empty() && IsDigit(rest[0]))) {
    const std::optional<int> minutes = TakeTwoDigits(rest, 59);
    if (!minutes) return std::nullopt;
    offset += std::chrono::minutes{*minutes};
    if (colons && rest.starts_with(':')) {
      rest.remove_prefix(1);
      const std::optional<int> odd = TakeTwoDigits(rest, 59);
      if (!odd) return std::nullopt;
      offset += seconds{*odd};
    }
  }
  text = rest;
  return west ? -offset : offset;
}

TimeZone::TimeZone() = default;

std::optional<TimeZone> TimeZone::Find(std::string_view name) {
  TimeZone found;
  if (name == "UTC" || name == "Z") return found;
  Rules rules;
  rules.name = name;
  std::string_view rest = name;
  if (const std::optional<seconds> offset = TakeUtcOffset(rest)) {
    if (!rest.empty()) return std::nullopt;
    rules.offset = *offset;
  } else {
    try {
      rules.zone = date::locate_zone(rules.name);
      rules.zone->get_info(
          date::local_seconds{});  // reads the zone's file now rather than at the first order
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  found.rules_ = std::make_shared<const Rules>(std::move(rules));
  return found;
}

Timestamp TimeZone::ToUtc(WallTime wall, std::optional<Timestamp> now) const {
  const microseconds since_epoch = wall.time_since_epoch();
  if (!rules_) return Timestamp(since_epoch);
  if (!rules_->zone) return Timestamp(since_epoch - rules_->offset);
  try {
    const date::local_info info = rules_->zone->get_info(date::local_time<microseconds>(since_epoch));
    if (info.result == date::local_info::nonexistent) {
      return Timestamp(info.first.end.time_since_epoch());
    }
    const Timestamp first(since_epoch - info.first.offset);
    if (info.result != date::local_info::ambiguous || !now) return first;
    const Timestamp second(since_epoch - info.second.offset);
    return second <= *now ? second : first;
  } catch (const std::exception&) {
    return Timestamp(since_epoch);  // not reached: Find has read the rules
  }
}

WallTime TimeZone::ToWall(Timestamp time) const {
  const microseconds since_epoch = time.time_since_epoch();
  if (!rules_) return WallTime(since_epoch);
  if (!rules_->zone) return WallTime(since_epoch + rules_->offset);
  try {
    return WallTime(since_epoch + rules_->zone->get_info(date::sys_time<microseconds>(since_epoch)).offset);
  } catch (const std::exception&) {
    return WallTime(since_epoch);  // not reached, as above
  }
}

const std::string& TimeZone::name() const {
  static const std::string kUtc = "UTC";
  return rules_ ? rules_->name : kUtc;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time_zone.h"
#include "config/mapping_config.h"
#include "json/json_reader.h"

namespace o2o {

// Longer numbers are bad values.
inline constexpr std::size_t kMaxNumberBytes = 255;

// How the values of a column are to be read.
struct ValueForm {
  ValueUnit unit = ValueUnit::kNumber;
  DecimalMark decimal = DecimalMark::kPoint;
  TimeZone timezone{};
  std::optional<Timestamp> now{};  // see TimeZone::ToUtc
};

// Reads what a column holds as the number that a sample can have, digit by digit as it was sent.
//
//   12.50  1e3                 as they are
//   true "FALSE"               1 and 0
//   "1,234.50" "+7" ".5"       1234.50, 7, 0.5; thousands are groups of three, behind a
//                              comma, a blank or an apostrophe
//   "1.234,50"                 with DecimalMark::kComma: 1234.50
//   "12.5%"                    0.125
//   "1000 MB" "1.5 GiB"        with kBytes: 1000000000, 1610612736; of B, kB to EB, KiB to EiB in any case
//   "2026-11-20T10:00:00.5Z"   with kTime: 1795168800.5; every form that ReadTime takes
class ValueText {
 public:
  enum class Outcome {
    kNumber,   // see number()
    kNoValue,  // null, blank text, NaN, MySQL's zero date
    kBad,      // anything else; infinities and what a double cannot hold among it
  };

  // `text` as a JsonHandler gets it.
  Outcome Read(JsonType type, std::string_view text, const ValueForm& form);

  // Until the next Read, and as long as its text.
  std::string_view number() const { return number_; }
  // Whether that is a time whose text did not say in which zone.
  bool zone_assumed() const { return zone_assumed_; }

 private:
  Outcome ReadString(std::string_view text, const ValueForm& form);
  Outcome ReadTime(JsonType type, std::string_view text, const ValueForm& form);
  Outcome Shift();
  Outcome Checked(std::string_view number);

  std::string buffer_;
  std::string_view number_;
  bool zone_assumed_ = false;
};

}  // namespace o2o

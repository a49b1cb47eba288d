// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/mapping_config.h"
#include "json/json_reader.h"

namespace o2o {

// Longer numbers are bad values.
inline constexpr std::size_t kMaxNumberBytes = 255;

// Reads what stands in a column as the number that a sample can have, digit by digit as it was sent.
//
//   12.50  1e3                 as they are
//   true "FALSE"               1 and 0
//   "1,234.50" "+7" ".5"       1234.50, 7, 0.5; thousands are groups of three
//   "12.5%"                    0.125
//   "1000 MB" "1.5 GiB"        with kBytes: 1000000000, 1610612736; of B, kB to EB, KiB to EiB in any case
//   "2026-11-20T10:00:00.5Z"   with kTime: 1795168800.5; a time without an offset is UTC (ParseTime)
class ValueText {
 public:
  enum class Outcome {
    kNumber,   // see number()
    kNoValue,  // null, blank text, NaN
    kBad,      // anything else; infinities and what a double cannot hold among it
  };

  // `text` as a JsonHandler is told it.
  Outcome Read(JsonType type, std::string_view text, ValueUnit unit);

  // Until the next Read, and as long as its text.
  std::string_view number() const { return number_; }

 private:
  Outcome ReadString(std::string_view text, ValueUnit unit);
  Outcome ReadTime(JsonType type, std::string_view text);
  Outcome Shift();
  Outcome Multiply(std::int64_t factor);
  Outcome Checked(std::string_view number);

  std::string buffer_;
  std::string_view number_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/time_problem.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace o2o {
namespace {

TEST(TimeProblemTest, NamesTheFormAndSaysWhatIsRight) {
  const std::pair<const char*, const char*> cases[] = {
      {"20/11/2026", "order that differs from country to country"},
      {"11/20/2026 10:00:00", "order that differs from country to country"},
      {"20.11.2026", "order that differs from country to country"},
      {"20-11-26", "order that differs from country to country"},
      {"20-NOV-26", "year of two digits"},
      {"20-NOV-26 10.00.00.000000 AM", "year of two digits"},
      {"Friday, 20-Nov-26 10:00:00 GMT", "year of two digits"},
      {"46346", "spreadsheet's day number"},
      {"46346.4166", "spreadsheet's day number"},
      {"2461364.9166", "Julian day number"},
      {"86400", "spreadsheet's day number"},
      {"999999999", "likely number of seconds"},
      {"20261320", "likely number of seconds"},
      {"2026-11-20 10:00:00 EST", "abbreviation that several time zones share"},
      {"2026-11-31", "does not exist"},
      {"2026-11-20T25:00:00Z", "does not exist"},
      {"10:00", "time of day without a date"},
      {"Nov 20 10:00:00", "no year"},
      {"2026-11", "month without a day"},
      {"0000-00-00 00:00:00", "zero date"},
      {"infinity", "infinity"},
      {"-infinity", "infinity"},
      {"yesterday", "is not a time"},
      {"", "is not a time"},
  };
  for (const auto& [text, part] : cases) {
    ASSERT_FALSE(ParseTime(text, TimeZone())) << text;
    const std::string problem = TimeProblem(text);
    EXPECT_NE(problem.find(part), std::string::npos) << text << ": " << problem;
    EXPECT_TRUE(problem.ends_with(", expected one like 2026-11-20T10:00:00+07:00")) << problem;
  }
  EXPECT_EQ(TimeProblem(std::string(100'000, '/')).substr(0, 13), "is not a time");
}

}  // namespace
}  // namespace o2o

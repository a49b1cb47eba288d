// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "metrics/exporter_metrics.h"

namespace o2o::testing {

inline std::string TextOf(const ExporterMetrics& metrics) { return JoinText({{"", metrics.Read()}}); }

// The lines of one family, without its header.
inline std::string SamplesOf(const std::string& text, const std::string& family) {
  std::string samples;
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    const std::string line = text.substr(at, end - at + 1);
    if (line.starts_with(family + " ") || line.starts_with(family + "{")) samples += line;
  }
  return samples;
}

inline double ValueOf(const std::string& text, const std::string& series) {
  const std::string sample = SamplesOf(text, series);
  EXPECT_EQ(std::count(sample.begin(), sample.end(), '\n'), 1) << series << ": " << sample;
  return std::strtod(sample.c_str() + sample.rfind(' '), nullptr);
}

// In their order.
inline std::vector<std::string> FamiliesOf(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1)) {
    names.push_back(text.substr(at + 7, text.find(' ', at + 7) - at - 7));
  }
  return names;
}

}  // namespace o2o::testing

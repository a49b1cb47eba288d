// SPDX-License-Identifier: Apache-2.0
#include "mapping/json_pointer.h"

#include <algorithm>

#include "base/ascii.h"

namespace o2o {

std::vector<std::string> PointerSteps(std::string_view pointer) {
  std::vector<std::string> steps;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view written = pointer.substr(0, pointer.find('/'));
    std::string step;
    for (std::size_t i = 0; i < written.size(); ++i) {
      const bool escaped = written[i] == '~' && i + 1 < written.size();
      step += !escaped ? written[i] : written[++i] == '1' ? '/' : '~';
    }
    steps.push_back(std::move(step));
    pointer.remove_prefix(written.size());
  }
  return steps;
}

std::string PointerStep(std::string_view step) {
  std::string written = "/";
  for (const char c : step) {
    if (c == '~') {
      written += "~0";
    } else if (c == '/') {
      written += "~1";
    } else {
      written += c;
    }
  }
  return written;
}

bool IsArrayIndex(std::string_view step) {
  return !step.empty() && step.size() <= 9 && (step == "0" || step[0] != '0') &&
         std::all_of(step.begin(), step.end(), IsDigit);
}

}  // namespace o2o

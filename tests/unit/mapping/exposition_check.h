// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "base/text.h"

// A strict reader of the text exposition, so that fuzzing can tell whether Prometheus would take what we
// publish.
namespace o2o::testing {

class ExpositionCheck {
 public:
  // Empty if `text` is whole lines of samples of this family, each label set once; else what is wrong with
  // which line.
  std::string Check(std::string_view text, std::string_view name) {
    if (!IsCleanUtf8(text)) return "no clean UTF-8";
    if (!text.empty() && text.back() != '\n') return "no line feed at the end";
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(line.size() + 1);
      rest_ = line;
      const char* const fault = CheckLine(name);
      if (fault != nullptr) return std::string(fault) + ": " + std::string(line);
      const std::string series(line.substr(0, line.rfind(' ')));
      if (!series_.insert(series).second) return "a series twice: " + series;
    }
    return "";
  }

 private:
  const char* CheckLine(std::string_view name) {
    if (!Take(name)) return "another name";
    if (Take("{")) {
      do {
        if (!TakeName()) return "no label name";
        if (!Take("=\"")) return "no label value";
        if (!TakeQuoted()) return "a label value that does not end";
      } while (Take(","));
      if (!Take("}")) return "no closing brace";
    }
    if (!Take(" ")) return "no blank before the value";
    return TakeNumber() && rest_.empty() ? nullptr : "no number";
  }

  bool Take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  bool TakeName() {
    std::size_t size = 0;
    while (size < rest_.size() && (rest_[size] == '_' || (rest_[size] >= 'a' && rest_[size] <= 'z'))) ++size;
    rest_.remove_prefix(size);
    return size > 0;
  }
  bool TakeQuoted() {
    while (!rest_.empty() && rest_[0] != '"') {
      if (Take("\\")) {
        if (!Take("\\") && !Take("\"") && !Take("n")) return false;
      } else {
        rest_.remove_prefix(1);
      }
    }
    return Take("\"");
  }
  bool TakeDigits() {
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') ++size;
    rest_.remove_prefix(size);
    return size > 0;
  }
  // Nothing a double cannot hold: Prometheus refuses the whole scrape for it.
  bool TakeNumber() {
    const std::string text(rest_);
    if (Take("+Inf") || Take("-Inf")) return true;  // a sum that left the range of doubles
    Take("-");
    if (!TakeDigits()) return false;
    if (Take(".") && !TakeDigits()) return false;
    if (Take("e") || Take("E")) {
      if (!Take("+")) Take("-");
      if (!TakeDigits()) return false;
    }
    const double value = std::strtod(text.c_str(), nullptr);
    return value - value == 0;
  }

  std::string_view rest_;
  std::set<std::string> series_;
};

}  // namespace o2o::testing

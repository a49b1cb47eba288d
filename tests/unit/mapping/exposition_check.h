// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/text.h"
#include "metrics/text_format.h"

// A strict reader of the text exposition, so that fuzzing can check whether Prometheus would take what we
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

// Whether one of these lines has a value below zero.
inline bool BelowZero(std::string_view samples) {
  while (!samples.empty()) {
    const std::string line(samples.substr(0, samples.find('\n')));
    if (std::strtod(line.c_str() + line.rfind(' ') + 1, nullptr) < 0) return true;
    samples.remove_prefix(std::min(samples.size(), line.size() + 1));
  }
  return false;
}

// A whole answer to a scrape: families sorted by name, each with one HELP and one TYPE above its samples, and
// in OpenMetrics the end mark and counters as it names them. Empty if that is so; else what is wrong.
inline std::string CheckDocument(std::string_view text, ExpositionFormat format) {
  const bool openmetrics = format == ExpositionFormat::kOpenMetrics;
  constexpr std::string_view kEnd = "# EOF\n";
  if (openmetrics) {
    if (!text.ends_with(kEnd)) return "no # EOF";
    text.remove_suffix(kEnd.size());
  }
  const auto take_line = [&text](std::string_view start) -> std::optional<std::string_view> {
    if (!text.starts_with(start)) return std::nullopt;
    const std::string_view line = text.substr(start.size(), text.find('\n') - start.size());
    text.remove_prefix(std::min(text.size(), start.size() + line.size() + 1));
    return line;
  };
  std::string previous;
  while (!text.empty()) {
    const auto help = take_line("# HELP "), type = take_line("# TYPE ");
    if (!help || !type) return "no header where one is due: " + std::string(text.substr(0, 100));
    const std::string named(type->substr(0, type->find(' ')));
    const std::string_view kind = type->substr(std::min(type->size(), named.size() + 1));
    if (help->substr(0, help->find(' ')) != named) return "HELP and TYPE of two families: " + named;
    const bool is_total = named.ends_with("_total");
    if (openmetrics && kind == "counter" && is_total) return "a counter's family with _total: " + named;
    const std::string name = openmetrics && kind == "counter" ? named + "_total" : named;
    if (name <= previous) return "families that are not sorted or come twice: " + name;
    previous = name;

    std::size_t end = 0;
    if (!text.starts_with("# ")) {
      const std::size_t next = text.find("\n# ");
      end = next == std::string_view::npos ? text.size() : next + 1;
    }
    const std::string_view samples = text.substr(0, end);
    const std::string wrong = ExpositionCheck().Check(samples, name);
    if (!wrong.empty()) return wrong;
    if (kind == "counter" && BelowZero(samples)) return "a counter below zero: " + name;
    text.remove_prefix(samples.size());
  }
  return "";
}

}  // namespace o2o::testing

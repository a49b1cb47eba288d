// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/time_zone.h"

namespace o2o {

// Reads the text of a time from left to right. Each Take... leaves the text alone if it does not find what
// it wants.
class TimeCursor {
 public:
  explicit TimeCursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  std::string_view rest() const { return text_; }
  char peek() const { return text_.empty() ? '\0' : text_[0]; }

  bool Take(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Without regard to case.
  bool TakeWord(std::string_view word) {
    if (!EqualsIgnoringCase(text_.substr(0, word.size()), word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool TakeBlanks() {
    const std::size_t before = text_.size();
    text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size()));
    return text_.size() != before;
  }
  std::size_t DigitsAhead() const {
    std::string_view rest = text_;
    return o2o::TakeDigits(rest).size();
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
  // As many as there are, if that is one or two.
  std::optional<int> TakeOneOrTwoDigits() {
    const std::size_t digits = DigitsAhead();
    return digits == 1 || digits == 2 ? TakeDigits(digits) : std::nullopt;
  }
  std::string_view TakeAllDigits() { return o2o::TakeDigits(text_); }
  // A name, whole or its first three letters; not the beginning of a longer word.
  template <std::size_t n>
  std::optional<std::size_t> TakeName(const std::array<std::string_view, n>& names) {
    std::size_t letters = 0;
    while (letters < text_.size() && IsLetter(text_[letters])) ++letters;
    const std::string_view word = text_.substr(0, letters);
    for (std::size_t i = 0; i < n; ++i) {
      if (!EqualsIgnoringCase(word, names[i]) && !EqualsIgnoringCase(word, names[i].substr(0, 3))) continue;
      text_.remove_prefix(letters);
      return i;
    }
    return std::nullopt;
  }
  std::optional<std::chrono::seconds> TakeOffset() { return TakeUtcOffset(text_); }
  // Up to and with the first `end`.
  std::optional<std::string_view> TakeUpTo(char end) {
    const std::size_t at = text_.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view taken = text_.substr(0, at);
    text_.remove_prefix(at + 1);
    return taken;
  }

 private:
  std::string_view text_;
};

}  // namespace o2o

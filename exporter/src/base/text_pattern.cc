// SPDX-License-Identifier: Apache-2.0
#include "base/text_pattern.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"

namespace o2o {

struct TextPattern::Compiled {
  explicit Compiled(const std::string& pattern)
      : status(regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {}
  ~Compiled() {
    if (status == 0) regfree(&regex);
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  regex_t regex{};
  int status;
};

namespace {

constexpr std::size_t kMaxRepetitions = 1'000;      // of all counted repetitions, multiplied
constexpr std::size_t kMaxRememberedBytes = 4'096;  // of texts, each byte of which may add a state

// libc takes \d for d, without a word.
bool HasLetterEscape(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    ++i;
    if (IsDigit(pattern[i]) || IsLetter(pattern[i])) return true;
  }
  return false;
}

// Nested ones multiply, so that all are taken to be.
bool RepeatsTooOften(std::string_view pattern) {
  std::size_t product = 1;
  while (!pattern.empty()) {
    const bool counts = pattern[0] == '{';
    pattern.remove_prefix(1);
    while (counts && !pattern.empty() && (IsDigit(pattern[0]) || pattern[0] == ',')) {
      std::size_t number = 0;
      for (const char c : TakeDigits(pattern)) {
        number = number * 10 + static_cast<std::size_t>(c - '0');
        if (number > kMaxRepetitions) return true;
      }
      if (number > 1) product *= number;
      if (product > kMaxRepetitions) return true;
      if (pattern.starts_with(',')) pattern.remove_prefix(1);
    }
  }
  return false;
}

std::string_view Problem(std::string_view pattern) {
  if (pattern.size() > TextPattern::kMaxBytes) return "is longer than 200 bytes, want a shorter pattern";
  if (pattern.find('\0') != std::string_view::npos) return "holds U+0000, want a pattern without it";
  if (HasLetterEscape(pattern)) {
    return "has a backslash before a letter or digit, which POSIX patterns do not know, want a class such as "
           "[0-9] or [[:space:]]";
  }
  if (RepeatsTooOften(pattern)) return "repeats more than 1000 times, want fewer counted repetitions";
  return {};
}

}  // namespace

TextPattern::TextPattern(std::string pattern)
    : pattern_(std::move(pattern)), compiled_(std::make_shared<Compiled>(pattern_)) {}

Result<TextPattern> TextPattern::Compile(std::string_view pattern) {
  if (const std::string_view problem = Problem(pattern); !problem.empty()) {
    return Fail(ErrorCode::kConfig, std::string(problem));
  }
  TextPattern compiled("^(" + std::string(pattern) + ")$");
  if (compiled.compiled_->status != 0) {
    std::array<char, 128> text{};
    regerror(compiled.compiled_->status, &compiled.compiled_->regex, text.data(), text.size());
    return Fail(ErrorCode::kConfig, "is not a POSIX extended regular expression (" +
                                        std::string(text.data()) + "), want one like V[0-9]+");
  }
  return compiled;
}

bool TextPattern::Matches(std::string_view text) {
  if (matched_bytes_ > kMaxRememberedBytes) {
    compiled_ = std::make_shared<Compiled>(pattern_);
    matched_bytes_ = 0;
  }
  matched_bytes_ += text.size() + 1;
  if (compiled_->status != 0) return false;  // memory has ended
  // Ended by U+0000 as libc wants it, which its dot does not stand for: another control character takes its
  // place.
  std::string ended(text);
  std::replace(ended.begin(), ended.end(), '\0', '\x01');
  return regexec(&compiled_->regex, ended.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace o2o

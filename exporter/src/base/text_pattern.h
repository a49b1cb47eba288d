// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace o2o {

// A POSIX extended regular expression that a text matches as a whole. Works on bytes, whatever the locale.
//
// libc's automaton takes time proportional to the text, unlike std::regex, which recurses once per byte; it
// is the smallest engine that does, and every system has it. What could make it large is refused or bounded:
// back references, many counted repetitions, long patterns, and what it remembers of the texts it has seen.
//
// One thread at a time.
class TextPattern {
 public:
  static constexpr std::size_t kMaxBytes = 200;

  // kConfig with what is wrong, as the rest of a sentence that begins with the pattern: "is longer than ...".
  static Result<TextPattern> Compile(std::string_view pattern);

  bool Matches(std::string_view text);

 private:
  struct Compiled;
  explicit TextPattern(std::string pattern);

  std::string pattern_;
  std::shared_ptr<Compiled> compiled_;
  std::size_t matched_bytes_ = 0;  // since it was compiled
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/mutex.h"
#include "base/redaction.h"
#include "base/result.h"

namespace o2o {

// The content of a file that holds one secret and nothing else.
struct SecretFileText {
  std::string text;
  std::string
      left_out;  // what was around it and is not part of it, for people: "a blank at its end"; or empty
};

// The error is for people, and without path and content: "is empty, want a file that ...". Ends of lines
// after the secret do not matter; a byte order mark before it and blanks around it are left out and said.
tl::expected<SecretFileText, std::string> ReadSecretFile(const std::string& path);

// A secret in a file that others replace while we run. Thread-safe.
class SecretFile {
 public:
  // `text` is what it held a moment ago.
  SecretFile(std::string path, std::string text);

  // What the file holds now. While it is missing, empty or otherwise not in order: what it held last; that,
  // and what changes, is logged once.
  std::string Read();
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  Mutex mutex_;
  std::string text_ O2O_GUARDED_BY(mutex_);                      // the last good one
  redaction::Registration registration_ O2O_GUARDED_BY(mutex_);  // of text_
  std::string problem_ O2O_GUARDED_BY(mutex_);                   // of the last reading
};

}  // namespace o2o

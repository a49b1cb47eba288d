// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "base/redaction.h"

namespace o2o {

class SecretFile;

// A password, key or DSN. Prints as <secret>; Reveal() is the one way to the text, so that every place which
// may leak it is found by searching for that word. As long as it lives its text is masked in whatever leaves
// the program (base/redaction.h). One that comes from a file follows it: ask it for its text, or for
// Current(), each time that it is used.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)), registration_(redaction::Register(text_)) {}

  // Follows the file, which held `text` a moment ago.
  static Secret FromFile(std::string path, std::string text);
  // What travels among secrets but is not one, such as a header that everybody sends: never masked.
  static Secret Plain(std::string text);

  // The text; a file is read for it.
  std::string Reveal() const;
  // The text itself, which follows no file.
  Secret Current() const;
  // What distinguishes it from other secrets for as long as its configuration stays the same: the text, or
  // the path.
  std::string Identity() const;
  bool empty() const { return !file_ && text_.empty(); }

  bool operator==(const Secret& other) const { return file_ == other.file_ && text_ == other.text_; }

 private:
  std::string text_;  // unless there is a file
  redaction::Registration registration_;
  std::shared_ptr<SecretFile> file_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "<secret>"; }

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/link_header.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace o2o {
namespace {

constexpr std::string_view kBlanks = " \t";

// Reads the header from left to right.
class LinkReader {
 public:
  explicit LinkReader(std::string_view rest) : rest_(rest) {}

  bool AtEnd() {
    SkipBlanks();
    return rest_.empty();
  }

  bool Skip(char c) {
    SkipBlanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The text before the first of `ends`, trimmed.
  std::string_view Until(std::string_view ends) {
    const std::string_view text = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(text.size());
    return Trim(text);
  }

  // The text after an opening quote; nothing if no quote closes it.
  std::optional<std::string> Quoted() {
    std::string text;
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return std::nullopt;
      text += rest_[0];
      rest_.remove_prefix(1);
    }
    if (!Skip('"')) return std::nullopt;
    return text;
  }

 private:
  void SkipBlanks() { rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(kBlanks))); }

  std::string_view rest_;
};

struct Link {
  std::string target;
  std::optional<std::string> rel;  // the first one counts
  bool has_anchor = false;
};

std::optional<Link> ReadLink(LinkReader& reader) {
  Link link;
  if (!reader.Skip('<')) return std::nullopt;
  link.target = reader.Until(">");
  if (!reader.Skip('>')) return std::nullopt;
  while (reader.Skip(';')) {
    const std::string name = LowerCase(reader.Until("=;,"));
    std::string value;
    if (reader.Skip('=')) {
      if (reader.Skip('"')) {
        std::optional<std::string> quoted = reader.Quoted();
        if (!quoted) return std::nullopt;
        value = *std::move(quoted);
      } else {
        value = reader.Until(";,");
        if (value.find_first_of(" \t\"<>") != std::string::npos) return std::nullopt;
      }
    }
    if (name == "rel" && !link.rel) link.rel = value;
    if (name == "anchor") link.has_anchor = true;
  }
  return link;
}

bool IsNext(std::string_view relations) {
  while (!relations.empty()) {
    const std::string_view one = relations.substr(0, relations.find_first_of(kBlanks));
    if (EqualsIgnoringCase(one, "next")) return true;
    relations.remove_prefix(std::min(relations.size(), one.size() + 1));
  }
  return false;
}

}  // namespace

NextLink FindNextLink(std::string_view header) {
  LinkReader reader(header);
  NextLink next;
  while (!reader.AtEnd()) {
    if (reader.Skip(',')) continue;  // a list may have empty places
    const std::optional<Link> link = ReadLink(reader);
    if (!link || !(reader.AtEnd() || reader.Skip(','))) return {false, std::nullopt};
    if (!next.target && !link->has_anchor && IsNext(link->rel.value_or(""))) next.target = link->target;
  }
  return next;
}

}  // namespace o2o

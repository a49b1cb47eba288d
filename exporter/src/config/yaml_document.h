// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// YAML text as our own tree of plain values: no aliases, no tags, no duplicate keys, bounded.
namespace o2o {

// Both from 1; columns count characters.
struct YamlPosition {
  int line = 1;
  int column = 1;
  bool operator==(const YamlPosition&) const = default;
};

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  // Where a person would look: a scalar's own place; for the others the key they belong to, if there is one.
  YamlPosition at;
  std::string scalar;               // as text, quoted or not
  bool quoted = false;              // it did, or in a block
  std::vector<YamlNode> items;      // of a sequence
  std::vector<YamlMember> members;  // of a map, in file order
};

struct YamlMember {
  std::string key;
  YamlPosition at;
  YamlNode value;
};

struct YamlProblem {
  YamlPosition at;
  std::string path;  // empty: the file as such
  std::string text;
};

// `problems` are what was refused; the tree holds the rest, so that its mistakes can be reported in the same
// pass.
struct YamlDocument {
  YamlNode root;
  std::vector<YamlProblem> problems;
  bool readable = true;  // false: there is no tree worth a further look
};

inline constexpr std::size_t kMaxYamlBytes = 1u << 20;
inline constexpr int kMaxYamlNodes = 100'000;
inline constexpr int kMaxYamlDepth = 32;

// Never throws, whatever the bytes; time and memory are bounded by the limits above.
YamlDocument ParseYaml(std::string_view text);

// "sources" + "[0]", "web" + "port" as they appear in messages: web.port.
std::string JoinPath(std::string_view parent, std::string_view key);

}  // namespace o2o

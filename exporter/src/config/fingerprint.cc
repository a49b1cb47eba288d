// SPDX-License-Identifier: Apache-2.0
#include "config/fingerprint.h"

#include <filesystem>
#include <functional>

#include "base/text_file.h"

namespace o2o {
namespace {

// Keys, certificates and secrets; what is larger is none of these, and is only compared by name.
constexpr std::size_t kMaxFileBytes = 1u << 20;

class Writer {
 public:
  Writer(const Environment& environment, const std::string& directory)
      : environment_(environment), directory_(directory) {}

  void Add(const YamlNode& node, bool names_file) {
    switch (node.kind) {
      case YamlNode::Kind::kNull: text_ += '~'; break;
      case YamlNode::Kind::kScalar: AddScalar(node, names_file); break;
      case YamlNode::Kind::kSequence:
        text_ += '[';
        for (const YamlNode& item : node.items) Add(item, names_file);
        text_ += ']';
        break;
      case YamlNode::Kind::kMap:
        text_ += '{';
        for (const YamlMember& member : node.members) {
          AddText(member.key);
          Add(member.value, names_file || member.key.ends_with("_file"));
        }
        text_ += '}';
        break;
    }
  }

  const std::string& text() const { return text_; }

 private:
  // With its length in front, so that no text can look like another's end.
  void AddText(const std::string& text) {
    text_ += std::to_string(text.size());
    text_ += ':';
    text_ += text;
  }

  void AddScalar(const YamlNode& node, bool names_file) {
    const auto expanded = Expand(node.scalar, environment_);
    text_ += node.quoted ? '"' : '\'';  // "1" may mean something else than 1
    AddText(expanded ? *expanded : node.scalar);
    if (!names_file || !expanded || expanded->empty()) return;
    const auto content =
        ReadTextFile((std::filesystem::path(directory_) / *expanded).string(), kMaxFileBytes);
    if (content) AddText(*content);
  }

  const Environment& environment_;
  const std::string& directory_;
  std::string text_;
};

}  // namespace

std::size_t Fingerprint(const YamlNode& part, const Environment& environment, const std::string& directory) {
  Writer writer(environment, directory);
  writer.Add(part, false);
  return std::hash<std::string>()(writer.text());
}

std::size_t CombineFingerprints(std::size_t one, std::size_t other) {
  return std::hash<std::string>()(std::to_string(one) + "," + std::to_string(other));
}

}  // namespace o2o

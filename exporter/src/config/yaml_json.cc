// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_json.h"

#include <cstddef>

#include "config/number_text.h"
#include "json/json_writer.h"

namespace o2o {
namespace {

void WriteScalar(const YamlNode& node, const std::string& text, JsonWriter& json) {
  const bool word = text == "true" || text == "false" || text == "null";
  if (!node.quoted && (word || IsJsonNumber(text))) {
    json.Raw(text);
  } else {
    json.Text(text);
  }
}

class NodeWriter {
 public:
  explicit NodeWriter(const ScalarText& text) : text_(text) {}

  void Write(const YamlNode& node, const std::string& path) {
    switch (node.kind) {
      case YamlNode::Kind::kNull: json_.Null(); break;
      case YamlNode::Kind::kScalar:
        if (const std::optional<std::string> text = text_(node, path)) {
          WriteScalar(node, *text, json_);
        } else {
          whole_ = false;
          json_.Null();
        }
        break;
      case YamlNode::Kind::kSequence: WriteItems(node, path); break;
      case YamlNode::Kind::kMap: WriteMembers(node, path); break;
    }
  }

  std::optional<std::string> Text() const {
    if (!whole_) return std::nullopt;
    return json_.text();
  }

 private:
  void WriteItems(const YamlNode& node, const std::string& path) {
    json_.StartArray();
    for (std::size_t i = 0; i < node.items.size(); ++i)
      Write(node.items[i], JoinPath(path, "[" + std::to_string(i) + "]"));
    json_.EndArray();
  }

  void WriteMembers(const YamlNode& node, const std::string& path) {
    json_.StartObject();
    for (const auto& member : node.members) {
      json_.Key(member.key);
      Write(member.value, JoinPath(path, member.key));
    }
    json_.EndObject();
  }

  const ScalarText& text_;
  JsonWriter json_;
  bool whole_ = true;
};

}  // namespace

std::optional<std::string> YamlToJson(const YamlNode& node, const ScalarText& text) {
  NodeWriter writer(text);
  writer.Write(node, "");
  return writer.Text();
}

}  // namespace o2o

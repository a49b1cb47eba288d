// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_json.h"

#include <cstddef>
#include <string_view>

#include "config/number_text.h"

namespace o2o {
namespace {

void AppendString(std::string_view text, std::string& json) {
  static constexpr char kHex[] = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json.append({'\\', c});
    } else if (byte < ' ' || byte == 0x7F) {
      json.append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
    } else {
      json += c;
    }
  }
  json += '"';
}

void AppendScalar(const YamlNode& node, const std::string& text, std::string& json) {
  if (node.quoted) return AppendString(text, json);
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text == word) {
      json += word;
      return;
    }
  }
  if (IsJsonNumber(text)) {
    json += text;
  } else {
    AppendString(text, json);
  }
}

class Writer {
 public:
  explicit Writer(const ScalarText& text) : text_(text) {}

  void Append(const YamlNode& node, const std::string& path) {
    switch (node.kind) {
      case YamlNode::Kind::kNull: json_ += "null"; break;
      case YamlNode::Kind::kScalar:
        if (const std::optional<std::string> text = text_(node, path)) {
          AppendScalar(node, *text, json_);
        } else {
          whole_ = false;
        }
        break;
      case YamlNode::Kind::kSequence: AppendItems(node, path); break;
      case YamlNode::Kind::kMap: AppendMembers(node, path); break;
    }
  }

  std::optional<std::string> Take() && {
    if (!whole_) return std::nullopt;
    return std::move(json_);
  }

 private:
  void AppendItems(const YamlNode& node, const std::string& path) {
    json_ += '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) json_ += ',';
      Append(node.items[i], JoinPath(path, "[" + std::to_string(i) + "]"));
    }
    json_ += ']';
  }

  void AppendMembers(const YamlNode& node, const std::string& path) {
    json_ += '{';
    for (std::size_t i = 0; i < node.members.size(); ++i) {
      if (i > 0) json_ += ',';
      AppendString(node.members[i].key, json_);
      json_ += ':';
      Append(node.members[i].value, JoinPath(path, node.members[i].key));
    }
    json_ += '}';
  }

  const ScalarText& text_;
  std::string json_;
  bool whole_ = true;
};

}  // namespace

std::optional<std::string> YamlToJson(const YamlNode& node, const ScalarText& text) {
  Writer writer(text);
  writer.Append(node, "");
  return std::move(writer).Take();
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/json_text.h"

#include <cstdio>

#include "base/text.h"
#include "base/time_text.h"

namespace o2o {
namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : RepairUtf8(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

void JsonText::Key(std::string_view key) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += Quote(key) + ":";
}

JsonText& JsonText::Text(std::string_view key, std::string_view value) {
  Key(key);
  fields_ += Quote(value);
  return *this;
}

JsonText& JsonText::Bool(std::string_view key, bool value) { return Raw(key, value ? "true" : "false"); }

JsonText& JsonText::Raw(std::string_view key, std::string_view json) {
  Key(key);
  fields_ += json;
  return *this;
}

JsonText& JsonText::Time(std::string_view key, std::optional<Timestamp> value) {
  return value ? Text(key, FormatTime(*value)) : Raw(key, "null");
}

JsonText& JsonText::Object(std::string_view key, const JsonText& value) { return Raw(key, value.str()); }

JsonText& JsonText::List(std::string_view key, const std::vector<JsonText>& values) {
  std::string list = "[";
  for (const JsonText& value : values) list += (list.size() > 1 ? "," : "") + value.str();
  return Raw(key, list + "]");
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/json_text.h"

#include "base/time_text.h"
#include "json/json_fields.h"

namespace o2o {
void JsonText::Key(std::string_view key) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += QuoteJson(key) + ":";
}

JsonText& JsonText::Text(std::string_view key, std::string_view value) {
  Key(key);
  fields_ += QuoteJson(value);
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

JsonText& JsonText::List(std::string_view key, const std::vector<std::string>& values) {
  std::string list = "[";
  for (const std::string& value : values) list += (list.size() > 1 ? "," : "") + value;
  return Raw(key, list + "]");
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace o2o {

// Writes one JSON object, field by field, for the few small answers of the API. Keys and texts are escaped;
// invalid UTF-8 is repaired.
class JsonText {
 public:
  JsonText& Text(std::string_view key, std::string_view value);
  JsonText& Bool(std::string_view key, bool value);
  JsonText& Raw(std::string_view key, std::string_view json);            // any JSON value as text
  JsonText& Time(std::string_view key, std::optional<Timestamp> value);  // ISO text or null
  JsonText& Object(std::string_view key, const JsonText& value);
  JsonText& List(std::string_view key, const std::vector<std::string>& values);  // of JSON texts

  std::string str() const { return "{" + fields_ + "}"; }

 private:
  void Key(std::string_view key);

  std::string fields_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/json_reader.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "json/json_stream.h"

namespace o2o {

std::string_view Describe(JsonType type) {
  switch (type) {
    case JsonType::kNull: return "null";
    case JsonType::kBool: return "a boolean";
    case JsonType::kNumber: return "a number";
    case JsonType::kString: return "a string";
    case JsonType::kObject: return "an object";
    case JsonType::kArray: return "an array";
  }
  return "null";
}

Result<void> ReadJson(std::string_view text, JsonHandler& handler) {
  JsonStream stream(handler);
  if (Result<void> fed = stream.Feed(text); !fed) return fed;
  return stream.Finish();
}

bool LooksLikeJson(std::string_view body) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  body.remove_prefix(std::min(body.find_first_not_of(" \n\r\t"), body.size()));
  if (body.empty()) return false;
  const char c = body.front();
  if (std::strchr("{[\"-", c) != nullptr || IsDigit(c)) return c != '\0';
  for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity"}) {
    if (body.starts_with(word)) return true;
  }
  return false;
}

}  // namespace o2o

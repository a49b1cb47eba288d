// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace o2o {

enum class JsonType { kNull, kBool, kNumber, kString, kObject, kArray };

// For people: "a string", "an object".
std::string_view Describe(JsonType type);

// Where something is in the text: [begin, end) in bytes from its start.
struct JsonRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// What a reader reports while it goes through the text, in the text's order. Views live until the call
// returns; false ends the reading.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;

  // `text` is a string's decoded content, any other value as it is written. A string may hold U+0000 and,
  // where the sender put them, bytes that are not UTF-8.
  virtual bool Scalar(JsonType type, std::string_view text, JsonRange where) = 0;
  // Equal keys of one object are all reported.
  virtual bool Key(std::string_view key) = 0;
  virtual bool Open(JsonType type, std::size_t begin) = 0;  // kObject or kArray, at its bracket
  virtual bool Close(JsonType type, std::size_t end) = 0;   // one past its bracket
  // Instead of a container that lies inside kMaxJsonDepth others, when it ends; nothing inside it is
  // reported.
  virtual bool TooDeep(JsonRange) { return true; }
};

// Containers inside containers whose content is reported. Answers of our upstreams go five deep.
inline constexpr int kMaxJsonDepth = 64;

// One whole text through a JsonStream (json_stream.h, which says what is taken).
Result<void> ReadJson(std::string_view text, JsonHandler& handler);

// Whether a body begins as a JSON text does: distinguishes a cut answer from a login page.
bool LooksLikeJson(std::string_view body);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/masked_json.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/redaction.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

namespace o2o {
namespace {

class StringReader final : public JsonHandler {
 public:
  bool Scalar(JsonType, std::string_view scalar, JsonRange) override {
    text = scalar;
    return true;
  }
  bool Key(std::string_view) override { return true; }
  bool Open(JsonType, std::size_t) override { return true; }
  bool Close(JsonType, std::size_t) override { return true; }

  std::string text;
};

// What a string with escapes says; `quoted` with its quotes.
std::string Decoded(std::string_view quoted) {
  StringReader reader;
  (void)ReadJson(quoted, reader);  // of our own writing
  return std::move(reader.text);
}

// One past the quote that ends the string at the head of `json`.
std::size_t StringSize(std::string_view json) {
  for (std::size_t at = 1; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

bool BeginsNumber(char c) { return c == '-' || IsDigit(c); }

std::size_t NumberSize(std::string_view json) {
  return std::min(json.find_first_not_of("+-.eE0123456789"), json.size());
}

}  // namespace

std::string MaskJson(std::string_view json, JsonKeys keys) {
  std::string masked;
  std::size_t kept = 0;  // up to here `json` is in `masked`
  for (std::size_t at = 0; at < json.size();) {
    const std::string_view rest = json.substr(at);
    const bool string = rest.front() == '"';
    if (!string && !BeginsNumber(rest.front())) {
      ++at;
      continue;
    }
    const std::size_t size = string ? StringSize(rest) : NumberSize(rest);
    const std::string_view token = rest.substr(0, size);
    const bool our_key = keys == JsonKeys::kOurs && string && rest.substr(size).starts_with(':');
    const bool escaped = string && token.find('\\') != std::string_view::npos;
    const std::string decoded = escaped ? Decoded(token) : std::string();
    const std::string_view text = escaped ? decoded : string ? token.substr(1, size - 2) : token;
    if (!our_key && redaction::HoldsSecret(text)) {
      masked.append(json, kept, at - kept);
      masked += QuoteJson(redaction::Mask(std::string(text)));
      kept = at + size;
    }
    at += size;
  }
  return masked.append(json, kept);
}

}  // namespace o2o

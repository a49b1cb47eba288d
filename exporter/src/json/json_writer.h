// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace o2o {

// Writes one JSON text, event by event, without blanks. Keys and texts are escaped, and invalid UTF-8 and
// U+0000 in them become U+FFFD (RepairUtf8). All JSON of the program is written by this, except fixed
// texts and log lines: base/log quotes more than JSON requires, as it does in logfmt. One thread at a
// time.
//
//   JsonWriter json;
//   json.StartObject().Text("source", name).Key("rows").StartArray().Raw("1").EndArray().EndObject();
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(JsonWriter&&) noexcept;
  JsonWriter& operator=(JsonWriter&&) noexcept;

  JsonWriter& StartObject();
  JsonWriter& EndObject();
  JsonWriter& StartArray();
  JsonWriter& EndArray();
  // Of a member, before its value.
  JsonWriter& Key(std::string_view key);

  JsonWriter& Text(std::string_view value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Raw(std::string_view json);  // any JSON value as text: numbers, and what was written before

  // Whole members.
  JsonWriter& Text(std::string_view key, std::string_view value) { return Key(key).Text(value); }
  JsonWriter& Bool(std::string_view key, bool value) { return Key(key).Bool(value); }
  JsonWriter& Raw(std::string_view key, std::string_view json) { return Key(key).Raw(json); }

  // What has been written so far, also while containers are open.
  const std::string& text() const;
  // The next text begins.
  void Clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One text as a JSON string, with its quotes.
std::string QuoteJson(std::string_view text);

}  // namespace o2o

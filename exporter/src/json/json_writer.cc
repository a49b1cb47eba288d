// SPDX-License-Identifier: Apache-2.0
#include "json/json_writer.h"

#include <rapidjson/writer.h>

#include "base/text.h"
#include "json/throwing_allocator.h"

namespace o2o {
namespace {

// RapidJSON's idea of an output, over a string.
struct Output {
  using Ch = char;
  void Put(char c) { text.push_back(c); }
  void Flush() {}

  std::string text;
};

rapidjson::SizeType Size(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }

}  // namespace

struct JsonWriter::Impl {
  Output output;
  rapidjson::Writer<Output, rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator> writer{output};

  void String(std::string_view text) {
    if (IsCleanUtf8(text)) {
      writer.String(text.empty() ? "" : text.data(), Size(text));
    } else {
      const std::string repaired = RepairUtf8(text);
      writer.String(repaired.data(), Size(repaired));
    }
  }
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;

JsonWriter& JsonWriter::StartObject() {
  impl_->writer.StartObject();
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  impl_->writer.EndObject();
  return *this;
}

JsonWriter& JsonWriter::StartArray() {
  impl_->writer.StartArray();
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  impl_->writer.EndArray();
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  impl_->String(key);
  return *this;
}

JsonWriter& JsonWriter::Text(std::string_view value) {
  impl_->String(value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  impl_->writer.Bool(value);
  return *this;
}

JsonWriter& JsonWriter::Null() {
  impl_->writer.Null();
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  // The type serves a check that only a key is a string; what is not one cannot fail it.
  impl_->writer.RawValue(json.data(), json.size(), rapidjson::kNumberType);
  return *this;
}

const std::string& JsonWriter::text() const { return impl_->output.text; }

void JsonWriter::Clear() {
  impl_->output.text.clear();
  impl_->writer.Reset(impl_->output);
}

std::string QuoteJson(std::string_view text) {
  JsonWriter json;
  json.Text(text);
  return json.text();
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/json_fields.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <vector>

#include "base/text.h"
#include "json/json_reader.h"
#include "json/json_stream.h"
#include "json/throwing_allocator.h"

namespace o2o {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Iterative: as deep as a text may go, so deep would the stack of a recursive reader. Numbers stay texts, so
// that none is rounded.
constexpr unsigned kFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseNanAndInfFlag;

class FieldCollector final : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldCollector> {
 public:
  explicit FieldCollector(std::size_t max_fields) : max_fields_(max_fields) {}

  bool Null() { return true; }
  bool Bool(bool value) { return Scalar(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return Scalar({text, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return Scalar({text, size}); }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (unseen_ > 0) return true;
    path_.back() = RepairUtf8({text, size});
    return true;
  }
  bool StartObject() {
    if (unseen_ > 0 || path_.size() == kMaxJsonDepth) return StartUnseen();
    path_.emplace_back();
    return true;
  }
  bool EndObject(rapidjson::SizeType size) {
    if (unseen_ > 0) return EndArray(size);
    path_.pop_back();
    return true;
  }
  bool StartArray() { return StartUnseen(); }
  bool EndArray(rapidjson::SizeType) {
    --unseen_;
    return true;
  }

  std::map<std::string, std::string> fields;

 private:
  bool StartUnseen() { return ++unseen_ <= kMaxJsonNesting; }

  bool Scalar(std::string_view text) {
    if (unseen_ > 0 || path_.empty()) return true;
    if (fields.size() >= max_fields_) return false;
    std::string name;
    for (const std::string& key : path_) name += (name.empty() ? "" : ".") + key;
    fields.insert_or_assign(std::move(name), RepairUtf8(text));
    return true;
  }

  const std::size_t max_fields_;
  std::vector<std::string> path_;  // the key at hand of each open object
  // Open containers from the first one on that is an array, or an object inside kMaxJsonDepth others.
  std::size_t unseen_ = 0;
};

}  // namespace

std::map<std::string, std::string> ReadJsonFields(std::string_view text, std::size_t max_fields) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  FieldCollector collector(max_fields);
  if (text.empty()) return {};
  rapidjson::MemoryStream input(text.data(), text.size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator> reader;
  (void)reader.Parse<kFlags>(input, collector);  // what was read before a damage is still worth knowing
  return std::move(collector.fields);
}

std::string FieldText(const std::map<std::string, std::string>& fields, const std::string& path) {
  const auto field = fields.find(path);
  return field == fields.end() ? "" : field->second;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/json_fields.h"

#include <vector>

#include "base/text.h"
#include "json/json_reader.h"

namespace o2o {
namespace {

class FieldCollector final : public JsonHandler {
 public:
  explicit FieldCollector(std::size_t max_fields) : max_fields_(max_fields) {}

  bool Scalar(JsonType type, std::string_view text, JsonRange) override {
    if (arrays_ > 0 || path_.empty() || type == JsonType::kNull) return true;
    if (fields.size() >= max_fields_) return false;
    std::string name;
    for (const std::string& key : path_) name += (name.empty() ? "" : ".") + key;
    fields.insert_or_assign(std::move(name), RepairUtf8(text));
    return true;
  }

  bool Key(std::string_view key) override {
    if (arrays_ == 0) path_.back() = RepairUtf8(key);
    return true;
  }

  bool Open(JsonType type, std::size_t) override {
    if (arrays_ > 0 || type == JsonType::kArray) {
      ++arrays_;
    } else {
      path_.emplace_back();
    }
    return true;
  }

  bool Close(JsonType, std::size_t) override {
    if (arrays_ > 0) {
      --arrays_;
    } else {
      path_.pop_back();
    }
    return true;
  }

  std::map<std::string, std::string> fields;

 private:
  const std::size_t max_fields_;
  std::vector<std::string> path_;  // the key at hand of each open object
  int arrays_ = 0;                 // open containers from the outermost array on
};

}  // namespace

std::map<std::string, std::string> ReadJsonFields(std::string_view text, std::size_t max_fields) {
  FieldCollector collector(max_fields);
  (void)ReadJson(text, collector);  // what was read before a damage is still worth knowing
  return std::move(collector.fields);
}

std::string FieldText(const std::map<std::string, std::string>& fields, const std::string& path) {
  const auto field = fields.find(path);
  return field == fields.end() ? "" : field->second;
}

}  // namespace o2o

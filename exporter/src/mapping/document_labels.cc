// SPDX-License-Identifier: Apache-2.0
#include "mapping/document_labels.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/redaction.h"
#include "base/text.h"
#include "mapping/answer_plan.h"
#include "mapping/shown.h"

namespace o2o {

DocumentLabels::DocumentLabels(std::vector<std::string> pointers, std::size_t max_label_bytes)
    : pointers_(std::move(pointers)), max_label_bytes_(max_label_bytes), texts_(pointers_.size()) {}

Result<void> DocumentLabels::Take(const std::vector<DocumentValue>& values) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const std::string column = Quoted("$" + pointers_[i]);
    const DocumentValue& value = values[i];
    if (!value.present) {
      std::string note = "column " + column + " not in the answer; it counts as empty";
      if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(std::move(note));
    }
    if (value.type == JsonType::kObject || value.type == JsonType::kArray) {
      return Fail(ErrorCode::kBadShape,
                  column + " is " + std::string(Describe(value.type)) + ", expected a text");
    }
    if (value.text.size() > max_label_bytes_) {
      return Fail(ErrorCode::kTooLarge, column + " is longer than " + std::to_string(max_label_bytes_) +
                                            " bytes (max_label_bytes)");
    }
    const bool is_null = value.type == JsonType::kNull;
    texts_[i] = is_null ? "" : RepairUtf8(redaction::Mask(std::string(Trim(value.text))));
  }
  return {};
}

std::string DocumentLabels::ResolveKey(std::string_view key) const {
  std::string resolved;
  while (!key.empty()) {
    std::string_view text = key.substr(0, key.find('\0'));
    key.remove_prefix(text.size() + 1);
    if (text.starts_with(kPlaceholderMark)) {
      std::size_t label = 0;
      std::from_chars(text.data() + 1, text.data() + text.size(), label);
      text = texts_[label];
    }
    resolved += text;
    resolved += '\0';
  }
  return resolved;
}

}  // namespace o2o

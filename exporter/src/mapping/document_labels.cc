// SPDX-License-Identifier: Apache-2.0
#include "mapping/document_labels.h"

#include <charconv>
#include <memory>
#include <utility>

#include "base/ascii.h"
#include "base/redaction.h"
#include "base/text.h"
#include "mapping/answer_plan.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

RowWants OneRow(const std::vector<std::string>& pointers, std::size_t max_text_bytes) {
  RowWants wants;
  wants.levels.resize(1);
  wants.levels[0].single = true;
  wants.levels[0].columns = pointers;
  wants.max_text_bytes = max_text_bytes;
  return wants;
}

}  // namespace

DocumentLabels::DocumentLabels(std::vector<std::string> pointers, std::size_t max_label_bytes)
    : pointers_(std::move(pointers)),
      max_label_bytes_(max_label_bytes),
      texts_(pointers_.size()),
      reader_(OneRow(pointers_, max_label_bytes + 1), RowEcho(0, 0, 0), *this),
      stream_(reader_) {}

bool DocumentLabels::TakeRow(const RowView& row) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const std::string column = Quoted("$" + pointers_[i]);
    const Cell& cell = row.At(0, kFirstColumnSlot + i);
    if (!cell.present) notes_.push_back("column " + column + " not in the answer; it counts as empty");
    if (cell.type == JsonType::kNull) continue;
    if (cell.type == JsonType::kObject || cell.type == JsonType::kArray) {
      error_ = Error{ErrorCode::kBadShape,
                     column + " is " + std::string(Describe(cell.type)) + ", expected a text"};
    } else if (row.Text(cell).size() > max_label_bytes_) {
      error_ = Error{ErrorCode::kTooLarge, column + " is longer than " + std::to_string(max_label_bytes_) +
                                               " bytes (max_label_bytes)"};
    }
    if (error_) return false;
    texts_[i] = RepairUtf8(redaction::Mask(std::string(Trim(row.Text(cell)))));
  }
  return true;
}

Result<void> DocumentLabels::Finish() {
  const Result<void> read = stream_.Finish();
  if (error_) return tl::unexpected(*error_);
  return read;
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

bool DocumentLabels::IsIn(const SeriesTable& table) {
  return !table.empty() && table.Key(0).find(kPlaceholderMark) != std::string_view::npos;
}

std::size_t DocumentLabels::text_bytes() const {
  std::size_t bytes = 0;
  for (const std::string& text : texts_) bytes += text.size();
  return bytes;
}

std::shared_ptr<SeriesTable> DocumentLabels::Resolve(std::shared_ptr<SeriesTable> table) const {
  if (!IsIn(*table)) return table;
  auto resolved = std::make_shared<SeriesTable>();
  for (SeriesTable::Id id = 0; id < table->size(); ++id)
    resolved->Insert(ResolveKey(table->Key(id)), table->Value(id));
  return resolved;
}

}  // namespace o2o

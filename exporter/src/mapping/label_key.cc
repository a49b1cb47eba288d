// SPDX-License-Identifier: Apache-2.0
#include "mapping/label_key.h"

#include "base/ascii.h"
#include "base/redaction.h"
#include "base/text.h"
#include "metrics/series_table.h"

namespace o2o {
namespace {

bool IsContainer(JsonType type) { return type == JsonType::kObject || type == JsonType::kArray; }

// Whether Trim() may change it. Few labels have blanks around them.
bool IsPadded(std::string_view text) {
  constexpr auto is_low = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  return !text.empty() && (is_low(text.front()) || is_low(text.back()));
}

}  // namespace

// Inside the loop below, which every label of every row goes through.
inline bool LabelKey::Append(std::size_t label, const Cell& cell, std::string_view text) {
  if (cell.type == JsonType::kNull) return true;
  if (IsPadded(text)) text = Trim(text);
  if (IsContainer(cell.type) || cell.cut || text.size() > max_label_bytes_) {
    bad_label_ = label;
    bad_type_ = cell.type;
    return false;
  }
  if (IsCleanUtf8(text) && !redaction::HoldsSecret(text)) {
    text_ += text;
  } else {
    AppendMended(text);
  }
  return true;
}

bool LabelKey::Build(const MetricPlan& metric, const RowView& row) {
  text_.clear();
  for (std::size_t i = 0; i < metric.labels.size(); ++i) {
    const LabelPlan& label = metric.labels[i];
    if (label.column) {
      const Cell& cell = row.At(label.column->level, label.column->slot);
      if (!Append(i, cell, row.Text(cell))) return false;
    } else {
      text_ += label.text;
    }
    text_ += '\0';
  }
  bad_label_.reset();
  return text_.size() <= SeriesTable::kMaxKeyBytes;
}

// Of one that is not to be published as it is.
void LabelKey::AppendMended(std::string_view text) {
  if (redaction::HoldsSecret(text)) {
    text_ += RepairUtf8(redaction::Mask(std::string(text)));
  } else {
    text_ += RepairUtf8(text);
    ++repaired_texts_;
  }
}

void LabelKey::BuildFixed(const MetricPlan& metric) {
  text_.clear();
  for (const LabelPlan& label : metric.labels) text_ += label.text + '\0';
}

std::string LabelKey::Problem(const MetricDesc& family) const {
  if (!bad_label_) {
    return "the labels together are longer than " + std::to_string(SeriesTable::kMaxKeyBytes) + " bytes";
  }
  return "label " + family.labels[*bad_label_] + ": " +
         (IsContainer(bad_type_)
              ? std::string(Describe(bad_type_)) + ", expected a text"
              : "longer than " + std::to_string(max_label_bytes_) + " bytes (max_label_bytes)");
}

}  // namespace o2o

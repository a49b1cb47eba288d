// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json_reader.h"
#include "mapping/mapping_plan.h"
#include "mapping/row_reader.h"

namespace o2o {

// The labels that a row gives to a metric, as a key of SeriesTable: texts without blanks around them, clean.
class LabelKey {
 public:
  explicit LabelKey(std::size_t max_label_bytes) : max_label_bytes_(max_label_bytes) {}

  // False where some label is not a text, or too long; Problem() then says which.
  bool Build(const MetricPlan& metric, const RowView& row);
  // Of a metric whose labels are all fixed.
  void BuildFixed(const MetricPlan& metric);

  // Until the next Build.
  std::string_view text() const { return text_; }
  // "label product: an object, expected a text".
  std::string Problem(const MetricDesc& family) const;

  std::uint64_t repaired_texts() const { return repaired_texts_; }
  void Restart() { repaired_texts_ = 0; }

 private:
  bool Append(std::size_t label, const Cell& cell, std::string_view text);
  void AppendMended(std::string_view text);

  std::size_t max_label_bytes_;
  std::string text_;
  std::uint64_t repaired_texts_ = 0;
  std::optional<std::size_t> bad_label_;  // none: all together are too long
  JsonType bad_type_ = JsonType::kString;
};

}  // namespace o2o

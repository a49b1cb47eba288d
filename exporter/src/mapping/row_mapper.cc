// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_mapper.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "base/redaction.h"
#include "base/text.h"
#include "json/json_fields.h"
#include "json/json_stream.h"
#include "mapping/appended_failure.h"
#include "mapping/column_check.h"
#include "mapping/decimal.h"
#include "mapping/family_builder.h"
#include "mapping/mapping_plan.h"
#include "mapping/row_reader.h"
#include "mapping/shown.h"
#include "mapping/value_text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxToken = 16u << 20;  // of one value, needed or not
constexpr std::size_t kMaxReportedColumns = 300;

std::string_view WhatItIsNot(ValueUnit unit) {
  switch (unit) {
    case ValueUnit::kNumber: return "is no number";
    case ValueUnit::kBytes: return "is no size in bytes";
    case ValueUnit::kTime: return "is no time";
  }
  return "is no number";
}

std::string Ceiling(std::size_t ceiling, std::string_view what, std::string_view key) {
  return "more than " + std::to_string(ceiling) + " " + std::string(what) +
         ": let the upstream answer with fewer, or raise " + std::string(key);
}

}  // namespace

class RowMapper::Impl final : public RowSink {
 public:
  Impl(MappingConfig config, MappingOptions options) : config_(std::move(config)), options_(options) {
    Result<MappingPlan> plan = MakePlan(config_);
    if (!plan) {
      error_ = plan.error();
      return;
    }
    plan_ = *std::move(plan);
    for (const MetricDesc& desc : plan_.families) families_.emplace_back(desc);
    max_series_ = std::min(config_.ceilings.max_series, SeriesTable::kMaxSeries - 1);
    came_as_text_.resize(plan_.metrics.size());
    reader_.emplace(plan_.wants,
                    RowEcho(options_.sample_rows, options_.max_row_bytes, options_.max_kept_bytes), *this);
    stream_.emplace(*reader_, kMaxToken, config_.rows.lines ? JsonTexts::kLines : JsonTexts::kOne);
  }

  Result<void> Feed(std::string_view piece) {
    if (failure_.found()) {
      if (failure_.Feed(piece)) return {};
    } else if (!error_) {
      const std::size_t begin = stream_->Offset();
      reader_->BeginPiece(piece);
      const Result<void> fed = stream_->Feed(piece);
      if (fed) {
        reader_->EndPiece();
        if (IsPlainList()) failure_.KeepTail(piece, begin);
        return {};
      }
      End(fed.error());
      // (Of a broken byte order mark the offset is that of its first byte, in an earlier piece.)
      const std::size_t at = stream_->Offset();
      const std::string_view rest = at < begin ? std::string_view() : piece.substr(at - begin);
      if (IsBehindRow(rest) && failure_.Feed(rest)) return {};
    }
    return tl::unexpected<Error>(*error_);
  }

  Result<Mapping> Finish() {
    if (!error_) {
      if (const Result<void> read = stream_->Finish(); !read) {
        End(read.error());
        ended_in_rows_ = error_->code == ErrorCode::kBadJson && reader_->CheckFound().has_value();
      }
    }
    if (!error_) {
      if (const Result<void> found = reader_->CheckFound(); !found) End(found.error());
    }
    if (reader_) CompleteReport();
    if (ended_in_rows_) LookForFailureAmongRows();
    if (error_) return tl::unexpected<Error>(*error_);
    Mapping mapping;
    for (FamilyBuilder& family : families_) mapping.families.push_back(family.Take());
    mapping.report = std::move(report_);
    return mapping;
  }

  const std::map<std::string, std::string>& TopFields() const {
    static const std::map<std::string, std::string> kNone;
    return failure_.found() ? failure_.fields() : reader_ ? reader_->TopFields() : kNone;
  }
  bool TopFieldsAreAppended() const { return failure_.found(); }
  const MappingReport& report() const { return report_; }

  bool TakeRow(const RowView& row) override {
    if (!CountRow()) return false;
    failure_.RowEnded(row.Where());
    faults_ = {};
    if (row.TooDeep()) {
      Fault(RowReason::kTooDeep, row,
            [] { return "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"; });
    } else {
      for (std::size_t i = 0; i < plan_.metrics.size(); ++i) {
        if (!Map(i, row)) return false;
      }
    }
    for (std::size_t i = 0; i < kRowReasons; ++i) rejected_[i] += faults_[i];
    return true;
  }

  bool RejectRow(RowReason reason, const std::string& message, JsonRange where) override {
    if (!CountRow()) return false;
    failure_.RowEnded(where);
    ++rejected_[static_cast<std::size_t>(reason)];
    Keep(
        reason, [&] { return message; }, where);
    return true;
  }

  void Restart() override {
    for (FamilyBuilder& family : families_) family.Clear();
    report_ = {};
    rejected_ = {};
    series_ = 0;
    came_as_text_.assign(plan_.metrics.size(), 0);
    merged_ = 0;
  }

 private:
  // A reading that the handlers ended has its reason there.
  void End(const Error& error) {
    if (error_) return;
    error_ = reader_->error() ? *reader_->error() : error;
  }

  bool EndWith(std::string message) {
    error_ = Error{ErrorCode::kTooLarge, std::move(message)};
    return false;
  }

  // An object where none is expected: behind a row, or behind all of them.
  bool IsBehindRow(std::string_view rest) const {
    return error_->code == ErrorCode::kBadJson && rest.starts_with('{') &&
           (reader_->IsBetweenRows() || reader_->IsBehindRows());
  }

  bool IsPlainList() const {
    return plan_.wants.pointer.empty() && plan_.wants.levels.size() == 1 && !plan_.wants.levels[0].members;
  }

  // Behind a comma, or in the place of the first row.
  void LookForFailureAmongRows() {
    const bool complete = reader_->IsBetweenRows();
    std::string_view text = failure_.Tail(complete);
    text.remove_prefix(std::min(text.size(), text.find('{')));
    const bool first = report_.rows == (complete ? 1 : 0);
    if (!text.empty() && IsFailure(text, first)) (void)failure_.Feed(text);
  }

  // Not of a row whose columns are named so.
  bool IsFailure(std::string_view text, bool first) const {
    const auto fields = ReadJsonFields(text);
    if (!IsFailedQuery(fields)) return false;
    for (const WantedColumn& column : plan_.columns) {
      if (column.name != "status" && column.name != "error" && fields.contains(column.name)) return false;
    }
    if (first || report_.sample_rows.empty()) return true;
    const auto of_first_row = ReadJsonFields(report_.sample_rows.front());
    return !of_first_row.contains("status") || !of_first_row.contains("error");
  }

  bool CountRow() {
    return ++report_.rows <= config_.ceilings.max_rows ||
           EndWith(Ceiling(config_.ceilings.max_rows, "rows", "max_rows"));
  }

  // False ends the reading.
  bool Map(std::size_t index, const RowView& row) {
    const MetricPlan& metric = plan_.metrics[index];
    for (const FilterPlan& filter : metric.filters) {
      const Cell& cell = row.At(filter.column.level, filter.column.slot);
      const bool holds = cell.type == JsonType::kNull
                             ? filter.in.contains("")
                             : !IsContainer(cell) && filter.in.contains(row.Text(cell));
      if (!holds) {
        ++report_.filtered;
        return true;
      }
    }
    std::string_view number;
    if (metric.value && !ReadValue(index, row, number)) return true;
    if (metric.config->type == MetricType::kCounter && number.starts_with('-') &&
        CompareNumbers(number, "0") < 0) {
      Fault(RowReason::kBadValue, row, [&] {
        return About(metric, metric.config->value_column) + Shown(JsonType::kNumber, number) +
               " is below 0, which no counter is";
      });
      return true;
    }
    if (!BuildKey(metric, row)) return true;
    FamilyBuilder& family = families_[metric.family];
    switch (family.Add(*metric.config, key_, number, row.RepeatedKey())) {
      case FamilyBuilder::Added::kNew:
        return ++series_ <= max_series_ || EndWith(Ceiling(max_series_, "series", "max_series"));
      case FamilyBuilder::Added::kAggregated: return true;
      case FamilyBuilder::Added::kRejected:
        Fault(RowReason::kDuplicate, row,
              [&] { return metric.config->name + ": an earlier row has the same labels"; });
        ++report_.duplicates;
        return true;
      case FamilyBuilder::Added::kDuplicate:
        ++report_.duplicates;
        if (!row.RepeatedKey()) ++merged_;  // the key was counted
        return true;
    }
    return true;
  }

  static bool IsContainer(const Cell& cell) {
    return cell.type == JsonType::kObject || cell.type == JsonType::kArray;
  }

  bool ReadValue(std::size_t index, const RowView& row, std::string_view& number) {
    const MetricPlan& metric = plan_.metrics[index];
    const Cell& cell = row.At(metric.value->level, metric.value->slot);
    const std::string_view text = row.Text(cell);
    if (!metric.value_map.empty() && cell.present && cell.type != JsonType::kNull &&
        FindInMap(metric, text, number)) {
      return true;
    }
    const ValueUnit unit = metric.config->unit;
    switch (value_.Read(cell.type, text, unit)) {
      case ValueText::Outcome::kNumber:
        if (cell.cut) break;
        number = value_.number();
        if (cell.type == JsonType::kString && unit == ValueUnit::kNumber) came_as_text_[index] = 1;
        return true;
      case ValueText::Outcome::kNoValue:
        if (metric.null_value) {
          number = *metric.null_value;
          return true;
        }
        Fault(RowReason::kNoValue, row, [&] {
          return About(metric, metric.config->value_column) +
                 (cell.present ? Shown(cell.type, text) : "missing") + ", so there is no value";
        });
        return false;
      case ValueText::Outcome::kBad: break;
    }
    Fault(RowReason::kBadValue, row, [&] {
      return About(metric, metric.config->value_column) + Shown(cell.type, text) + " " +
             std::string(WhatItIsNot(unit));
    });
    return false;
  }

  bool FindInMap(const MetricPlan& metric, std::string_view text, std::string_view& number) {
    auto found = metric.value_map.find(text);
    if (found == metric.value_map.end()) {
      found = metric.value_map_lower.find(LowerCase(text));
      if (found == metric.value_map_lower.end()) return false;
    }
    number = found->second;
    return true;
  }

  // Of the labels, into key_.
  bool BuildKey(const MetricPlan& metric, const RowView& row) {
    key_.clear();
    for (std::size_t i = 0; i < metric.labels.size(); ++i) {
      const LabelPlan& label = metric.labels[i];
      if (!label.column) {
        key_ += label.text;
        key_ += '\0';
        continue;
      }
      const Cell& cell = row.At(label.column->level, label.column->slot);
      if (!AppendLabel(metric, i, cell, row)) return false;
    }
    if (key_.size() <= SeriesTable::kMaxKeyBytes) return true;
    Fault(RowReason::kBadLabel, row, [&] {
      return metric.config->name + ": the labels together are longer than " +
             std::to_string(SeriesTable::kMaxKeyBytes) + " bytes";
    });
    return false;
  }

  bool AppendLabel(const MetricPlan& metric, std::size_t i, const Cell& cell, const RowView& row) {
    if (cell.type != JsonType::kNull) {
      const std::string_view text = row.Text(cell);
      const std::size_t max_bytes = config_.ceilings.max_label_bytes;
      if (IsContainer(cell) || text.size() > max_bytes) {
        Fault(RowReason::kBadLabel, row, [&] {
          const std::string& name = plan_.families[metric.family].labels[i];
          return metric.config->name + ": label " + name + ": " +
                 (IsContainer(cell)
                      ? std::string(Describe(cell.type)) + ", expected a text"
                      : "longer than " + std::to_string(max_bytes) + " bytes (max_label_bytes)");
        });
        return false;
      }
      if (redaction::HoldsSecret(text)) {
        key_ += RepairUtf8(redaction::Mask(std::string(text)));
      } else if (IsCleanUtf8(text)) {
        key_ += text;
      } else {
        key_ += RepairUtf8(text);
        ++report_.repaired_texts;
      }
    }
    key_ += '\0';
    return true;
  }

  static std::string About(const MetricPlan& metric, const std::string& column) {
    return metric.config->name + ": column " + Quoted(column) + ": ";
  }

  // Each reason counts once for a row.
  template <typename Message>
  void Fault(RowReason reason, const RowView& row, const Message& message) {
    faults_[static_cast<std::size_t>(reason)] = 1;
    Keep(reason, message, row.Where());
  }

  // The first ones, and at least one of each reason.
  template <typename Message>
  void Keep(RowReason reason, const Message& message, JsonRange where) {
    std::vector<RejectedRowSample>& kept = report_.rejected_rows;
    if (kept.size() >= options_.rejected_rows &&
        (options_.rejected_rows == 0 ||
         std::any_of(kept.begin(), kept.end(), [&](const auto& row) { return row.reason == reason; }))) {
      return;
    }
    kept.push_back({reason, message(), reader_->Cut(where, options_.max_row_bytes)});
  }

  void CompleteReport() {
    ColumnCheck check = CheckColumns(plan_, *reader_);
    if (!check.missing.empty()) End({ErrorCode::kBadShape, std::move(check.missing)});
    report_.notes = std::move(check.notes);
    report_.series = series_;
    report_.duplicate_keys = reader_->duplicate_keys();
    report_.sample_rows = reader_->echo().TakeRows();
    report_.rejected.clear();
    for (std::size_t i = 0; i < kRowReasons; ++i) {
      report_.rejected.emplace_back(Name(static_cast<RowReason>(i)), rejected_[i]);
    }
    const std::uint64_t repaired[kRowRepairs] = {merged_, report_.duplicate_keys, report_.repaired_texts};
    report_.repaired.clear();
    for (std::size_t i = 0; i < kRowRepairs; ++i) {
      report_.repaired.emplace_back(Name(static_cast<RowRepair>(i)), repaired[i]);
    }
    report_.columns = ColumnNames(*reader_, reader_->levels() - 1);
    report_.columns.resize(std::min(report_.columns.size(), kMaxReportedColumns));
    for (std::size_t i = 0; i < plan_.metrics.size(); ++i) {
      if (came_as_text_[i] == 0) continue;
      report_.notes.push_back(plan_.metrics[i].config->name + ": the values of column " +
                              Quoted(plan_.metrics[i].config->value_column) + " came as text");
    }
  }

  const MappingConfig config_;
  const MappingOptions options_;
  MappingPlan plan_;
  std::optional<Error> error_;
  std::vector<FamilyBuilder> families_;
  std::optional<RowReader> reader_;
  std::optional<JsonStream> stream_;
  AppendedFailure failure_;
  bool ended_in_rows_ = false;
  MappingReport report_;
  std::array<std::uint64_t, kRowReasons> rejected_{};
  std::array<std::uint8_t, kRowReasons> faults_{};  // of the row at hand
  std::uint64_t series_ = 0;
  std::size_t max_series_ = 0;
  std::uint64_t merged_ = 0;                // samples that on_duplicate took in
  std::vector<std::uint8_t> came_as_text_;  // of each metric, whether some value was a number in a string
  ValueText value_;
  std::string key_;
};

RowMapper::RowMapper(MappingConfig config, MappingOptions options)
    : impl_(std::make_unique<Impl>(std::move(config), options)) {}
RowMapper::~RowMapper() = default;

Result<void> RowMapper::Feed(std::string_view piece) { return impl_->Feed(piece); }
Result<Mapping> RowMapper::Finish() { return impl_->Finish(); }
const std::map<std::string, std::string>& RowMapper::TopFields() const { return impl_->TopFields(); }
bool RowMapper::TopFieldsAreAppended() const { return impl_->TopFieldsAreAppended(); }
const MappingReport& RowMapper::report() const { return impl_->report(); }

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_mapper.h"

#include <algorithm>
#include <optional>

#include "base/time_text.h"
#include "json/json_stream.h"
#include "mapping/answer_ceiling.h"
#include "mapping/answer_plan.h"
#include "mapping/appended_failure.h"
#include "mapping/column_check.h"
#include "mapping/decimal.h"
#include "mapping/family_builder.h"
#include "mapping/fault_text.h"
#include "mapping/label_key.h"
#include "mapping/mapping_plan.h"
#include "mapping/metric_value.h"
#include "mapping/row_faults.h"
#include "mapping/row_reader.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxToken = 16u << 20;  // of one value, needed or not
constexpr std::size_t kMaxReportedColumns = 300;

}  // namespace

class RowMapper::Impl final : public RowSink {
 public:
  Impl(MappingConfig config, MappingOptions options, KeyResolver resolve)
      : config_(std::move(config)),
        options_(options),
        resolve_(std::move(resolve)),
        now_(options.now.value_or(SystemClock().Now())),
        faults_(options_.rejected_rows),
        key_(config_.ceilings.max_label_bytes) {
    Result<MappingPlan> plan = MakePlan(config_, now_);
    if (!plan) {
      error_ = plan.error();
      return;
    }
    plan_ = *std::move(plan);
    for (const MetricDesc& desc : plan_.families) families_.emplace_back(desc);
    max_series_ = std::min(config_.ceilings.max_series, SeriesTable::kMaxSeries - 1);
    BeginStates();
    reader_.emplace(plan_.wants,
                    RowEcho(options_.sample_rows, options_.max_row_bytes, options_.max_kept_bytes), *this);
    BeginText();
  }

  Result<void> Feed(std::string_view piece) {
    if (failure_->found()) {
      if (failure_->Feed(piece)) return {};
    } else if (!error_) {
      const std::size_t begin = stream_->Offset();
      reader_->BeginPiece(piece);
      const Result<void> fed = stream_->Feed(piece);
      if (fed) {
        reader_->EndPiece();
        if (IsPlainList()) failure_->KeepTail(piece, begin);
        return {};
      }
      End(fed.error());
      // (Of a broken byte order mark the offset is that of its first byte, in an earlier piece.)
      const std::size_t at = stream_->Offset();
      const std::string_view rest = at < begin ? std::string_view() : piece.substr(at - begin);
      if (IsBehindRow(rest) && failure_->Feed(rest)) return {};
    }
    return tl::unexpected<Error>(*error_);
  }

  Result<void> EndPage() {
    page_ended_ = true;
    if (!error_) {
      if (const Result<void> read = stream_->Finish(); !read) {
        End(read.error());
        ended_in_rows_ = error_->code == ErrorCode::kBadJson && reader_->CheckFound().has_value();
      }
    }
    if (!error_) {
      if (const Result<void> found = reader_->CheckFound(); !found) End(found.error());
    }
    if (!error_) TakePage();
    if (error_) return tl::unexpected<Error>(*error_);
    return {};
  }

  void BeginPage() {
    if (error_) return;
    page_ended_ = false;
    reader_->BeginText();
    BeginText();
  }

  Result<Mapping> Finish() {
    if (!page_ended_) (void)EndPage();
    if (reader_) CompleteReport();
    if (ended_in_rows_) LookForFailureAmongRows();
    if (error_) return tl::unexpected<Error>(*error_);
    for (std::size_t i = 0; i < plan_.metrics.size(); ++i) AddZero(i);
    CountSeries();
    Mapping mapping;
    for (FamilyBuilder& family : families_) mapping.families.push_back(family.Take());
    mapping.report = std::move(report_);
    return mapping;
  }

  const std::map<std::string, std::string>& TopFields() const {
    static const std::map<std::string, std::string> kNone;
    return failure_->found() ? failure_->fields() : reader_ ? reader_->TopFields() : kNone;
  }
  bool TopFieldsAreAppended() const { return failure_->found(); }
  const MappingReport& report() const { return report_; }

  bool TakeRow(const RowView& row) override {
    if (!CountRow()) return false;
    failure_->RowEnded(row.Where());
    faults_.BeginRow();
    if (row.TooDeep()) {
      for (MetricState& state : states_) state.faulty = true;
      Fault(RowReason::kTooDeep, row,
            [] { return "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"; });
    } else {
      for (std::size_t i = 0; i < plan_.metrics.size(); ++i) {
        if (!Map(i, row)) return false;
      }
    }
    faults_.EndRow();
    return true;
  }

  bool RejectRow(RowReason reason, const std::string& message, JsonRange where) override {
    if (!CountRow()) return false;
    failure_->RowEnded(where);
    faults_.Reject(
        reason, [&] { return message; }, [&] { return reader_->Cut(where, options_.max_row_bytes); });
    return true;
  }

  void Restart() override {
    for (FamilyBuilder& family : families_) family.Clear();
    report_ = {};
    faults_.Clear();
    key_.Restart();
    published_ = {};
    page_published_ = {};
    BeginStates();
    merged_ = 0;
  }

 private:
  // What is known of one metric while rows are being read.
  struct MetricState {
    MetricState(const MetricConfig& metric, Timestamp now)
        : value(metric, now), filter_columns_seen(metric.where.size()) {}
    MetricValue value;
    std::vector<bool> filter_columns_seen;  // some row had it
    bool matched = false;                   // some row passed `where`
    bool faulty = false;                    // some row that passed gave nothing, for a reason
    // What the page at hand gave, where labels are known at its end only.
    std::optional<FamilyBuilder> page;
  };

  struct Published {
    std::size_t series = 0;   // ambiguous ones among them
    std::uint64_t bytes = 0;  // of labels and values
  };

  void BeginStates() {
    states_.clear();
    for (std::size_t i = 0; i < config_.metrics.size(); ++i) {
      states_.emplace_back(config_.metrics[i], now_);
      if (HasPlaceholder(config_.metrics[i]))
        states_[i].page.emplace(plan_.families[plan_.metrics[i].family]);
    }
  }

  void BeginText() {
    stream_.reset();
    stream_.emplace(*reader_, kMaxToken, config_.rows.lines ? JsonTexts::kLines : JsonTexts::kOne);
    failure_.emplace();
  }

  // A reading that the handlers ended has its reason there.
  void End(const Error& error) {
    if (error_) return;
    error_ = reader_->error() ? *reader_->error() : error;
  }

  bool EndWith(Error error) {
    error_ = std::move(error);
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

  // Behind a comma, or where the first row is expected.
  void LookForFailureAmongRows() {
    const bool complete = reader_->IsBetweenRows();
    std::string_view text = failure_->Tail(complete);
    text.remove_prefix(std::min(text.size(), text.find('{')));
    const bool first = report_.rows == (complete ? 1 : 0) || report_.sample_rows.empty();
    const std::string_view first_row = first ? std::string_view() : report_.sample_rows.front();
    if (!text.empty() && IsFailureAmongRows(text, plan_.columns, first_row)) (void)failure_->Feed(text);
  }

  bool CountRow() {
    return ++report_.rows <= config_.ceilings.max_rows ||
           EndWith(AboveCeiling(config_.ceilings.max_rows, "rows", "max_rows"));
  }

  // False ends the reading.
  bool Map(std::size_t index, const RowView& row) {
    MetricPlan& metric = plan_.metrics[index];
    MetricState& state = states_[index];
    if (!Passes(metric, state, row)) {
      ++report_.filtered;
      return true;
    }
    state.matched = true;
    RowSample sample;
    if (metric.value && !ReadValue(index, row, sample)) return true;
    if (metric.newest && !ReadTimeOf(index, row, sample)) return true;
    if (!key_.Build(metric, row)) {
      FaultOf(index, RowReason::kBadLabel, row,
              [&] { return metric.config->name + ": " + key_.Problem(plan_.families[metric.family]); });
      return true;
    }
    sample.key = key_.text();
    sample.row = static_cast<std::uint32_t>(report_.rows);
    return Add(metric, state, sample, row);
  }

  // Whether the row is one of those that the metric's `where` asks for.
  static bool Passes(MetricPlan& metric, MetricState& state, const RowView& row) {
    bool passes = true;
    for (std::size_t i = 0; i < metric.filters.size(); ++i) {
      FilterPlan& filter = metric.filters[i];
      const Cell& cell = row.At(filter.column.level, filter.column.slot);
      if (cell.present) state.filter_columns_seen[i] = true;
      passes = passes && filter.filter.Holds(cell.type, row.Text(cell), cell.cut);
    }
    return passes;
  }

  // False ends the reading.
  bool Add(const MetricPlan& metric, MetricState& state, const RowSample& sample, const RowView& row) {
    FamilyBuilder& family = state.page ? *state.page : families_[metric.family];
    switch (family.Add(*metric.config, sample)) {
      case FamilyBuilder::Added::kNew:
        return Fits(state.page ? page_published_ : published_, sample.key.size() + sample.number.size());
      case FamilyBuilder::Added::kAggregated: return true;
      case FamilyBuilder::Added::kAmbiguous: RejectAmbiguous(metric, family.earlier_row(), row); return true;
      case FamilyBuilder::Added::kDuplicate: ++merged_; return true;
    }
    return true;
  }

  // What the page gave joins what earlier ones did, under the labels that are known by now.
  void TakePage() {
    page_published_ = {};
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (!states_[i].page) continue;
      const FamilyBuilder page =
          *std::exchange(states_[i].page, FamilyBuilder(plan_.families[plan_.metrics[i].family]));
      for (SeriesTable::Id id = 0; id < page.table().size(); ++id) {
        if (!TakeSeries(plan_.metrics[i], page, id)) return;
      }
    }
  }

  // False ends the reading.
  bool TakeSeries(const MetricPlan& metric, const FamilyBuilder& page, SeriesTable::Id id) {
    const std::string key = resolve_(page.table().Key(id));
    if (key.size() > SeriesTable::kMaxKeyBytes) {
      return EndWith({ErrorCode::kTooLarge, metric.config->name + ": the labels together are longer than " +
                                                std::to_string(SeriesTable::kMaxKeyBytes) + " bytes"});
    }
    FamilyBuilder& family = families_[metric.family];
    switch (family.AddSeries(*metric.config, key, page, id)) {
      case FamilyBuilder::Added::kNew: return Fits(published_, key.size() + page.table().Value(id).size());
      case FamilyBuilder::Added::kAggregated: break;
      case FamilyBuilder::Added::kAmbiguous:
        faults_.RejectAmbiguous(family.earlier_row());
        faults_.RejectAmbiguous(page.RowOf(id));
        break;
      case FamilyBuilder::Added::kDuplicate: ++merged_; break;
    }
    return true;
  }

  // A new series is within the ceilings.
  bool Fits(Published& published, std::size_t bytes) {
    if (++published.series > max_series_) return EndWith(AboveCeiling(max_series_, "series", "max_series"));
    published.bytes += bytes;
    if (published.bytes <= config_.ceilings.max_published_bytes) return true;
    return EndWith(TooMuchToPublish(config_.ceilings.max_published_bytes));
  }

  // Each row of the label set counts once, the first of them too.
  void RejectAmbiguous(const MetricPlan& metric, std::uint32_t earlier, const RowView& row) {
    const auto here = static_cast<std::size_t>(report_.rows);
    faults_.RejectAmbiguous(earlier);
    faults_.MarkAmbiguous(here);  // Fault() counts it
    Fault(RowReason::kDuplicate, row, [&] { return SameLabelsText(*metric.config, earlier, here); });
  }

  // Of a fault that costs the metric its sample of the row.
  template <typename Message>
  void FaultOf(std::size_t index, RowReason reason, const RowView& row, const Message& message) {
    states_[index].faulty = true;
    Fault(reason, row, message);
  }

  // False where the row is none of the metric's. Where the newest row is picked, one without a value may be
  // it: an older one must not pass for it.
  bool ReadValue(std::size_t index, const RowView& row, RowSample& sample) {
    const MetricPlan& metric = plan_.metrics[index];
    const Cell& cell = row.At(metric.value->level, metric.value->slot);
    const std::string_view text = row.Text(cell);
    MetricValue& value = states_[index].value;
    switch (value.Read(cell.type, text, cell.present, cell.cut)) {
      case MetricValue::Outcome::kNumber: break;
      case MetricValue::Outcome::kSkipped: ++report_.skipped; return false;
      case MetricValue::Outcome::kNoValue:
        FaultOf(index, RowReason::kNoValue, row, [&] { return NoValueText(*metric.config, cell, text); });
        return metric.newest.has_value();
      case MetricValue::Outcome::kBad:
        FaultOf(index, RowReason::kBadValue, row,
                [&] { return BadValueText(*metric.config, cell, text, value.Problem(cell.type, text)); });
        return metric.newest.has_value();
    }
    const std::string_view number = value.number();
    if (metric.config->type != MetricType::kCounter || !number.starts_with('-') ||
        CompareNumbers(number, "0") >= 0) {
      sample.number = number;
      return true;
    }
    FaultOf(index, RowReason::kBadValue, row, [&] { return BelowZeroText(*metric.config, number); });
    return metric.newest.has_value();
  }

  // By which the newest row is picked.
  bool ReadTimeOf(std::size_t index, const RowView& row, RowSample& sample) {
    const MetricPlan& metric = plan_.metrics[index];
    const Cell& cell = row.At(metric.newest->level, metric.newest->slot);
    const std::string_view text = row.Text(cell);
    const bool scalar = cell.type == JsonType::kString || cell.type == JsonType::kNumber;
    if (scalar) sample.time = ParseTime(text, metric.config->timezone, now_);
    if (sample.time) return true;
    FaultOf(index, cell.type == JsonType::kNull ? RowReason::kNoValue : RowReason::kBadValue, row,
            [&] { return NoTimeText(*metric.config, cell, text); });
    return false;
  }

  template <typename Message>
  void Fault(RowReason reason, const RowView& row, const Message& message) {
    faults_.Fault(reason, message, [&] { return reader_->Cut(row.Where(), options_.max_row_bytes); });
  }

  void CompleteReport() {
    ColumnCheck check = CheckColumns(plan_, *reader_);
    if (!check.missing.empty()) End({ErrorCode::kBadShape, std::move(check.missing)});
    report_.notes = std::move(check.notes);
    CountSeries();
    report_.sample_rows = reader_->echo().TakeRows();
    report_.vendors.codes = reader_->echo().TakeVendorCodes();
    report_.rejected = faults_.Counts();
    report_.rejected_rows = faults_.TakeKept();
    const std::uint64_t repaired[kRowRepairs] = {merged_, reader_->duplicate_keys(), key_.repaired_texts()};
    report_.repaired.clear();
    for (std::size_t i = 0; i < kRowRepairs; ++i) {
      report_.repaired.emplace_back(Name(static_cast<RowRepair>(i)), repaired[i]);
    }
    report_.columns = ColumnNames(*reader_, reader_->levels() - 1);
    report_.columns.resize(std::min(report_.columns.size(), kMaxReportedColumns));
    for (std::size_t i = 0; i < states_.size(); ++i) {
      for (std::string& note : states_[i].value.Notes()) report_.notes.push_back(std::move(note));
      if (!states_[i].matched && !config_.metrics[i].where.empty() && report_.rows > 0) {
        report_.filtered_metrics.push_back(config_.metrics[i].name);
      }
    }
  }

  void CountSeries() {
    report_.series = 0;
    for (const FamilyBuilder& family : families_) report_.series += family.series();
    for (const MetricState& state : states_) report_.series += state.page ? state.page->series() : 0;
    report_.published_bytes = published_.bytes + page_published_.bytes;
  }

  // Of nothing a count and a sum are 0, where it is known which series that is: one without labels of rows.
  // Not where something kept rows from being counted.
  void AddZero(std::size_t index) {
    const MetricPlan& metric = plan_.metrics[index];
    const MetricState& state = states_[index];
    const Aggregate aggregate = metric.config->aggregate;
    const bool sums = aggregate == Aggregate::kCount || aggregate == Aggregate::kSum;
    const std::vector<bool>& seen = state.filter_columns_seen;
    const bool renamed = report_.rows > 0 && std::find(seen.begin(), seen.end(), false) != seen.end();
    if (!sums || !metric.config->labels.empty() || state.faulty || renamed) return;
    key_.BuildFixed(metric);
    families_[metric.family].AddZero(state.page ? resolve_(key_.text()) : std::string(key_.text()));
  }

  const MappingConfig config_;
  const MappingOptions options_;
  const KeyResolver resolve_;
  const Timestamp now_;
  MappingPlan plan_;
  std::optional<Error> error_;
  std::vector<FamilyBuilder> families_;
  std::optional<RowReader> reader_;
  std::optional<JsonStream> stream_;
  std::optional<AppendedFailure> failure_{std::in_place};
  bool page_ended_ = false;
  bool ended_in_rows_ = false;
  MappingReport report_;
  RowFaults faults_;
  Published published_;       // of whole pages, and of what needs no page's end
  Published page_published_;  // of the page at hand
  std::size_t max_series_ = 0;
  std::uint64_t merged_ = 0;         // samples that on_duplicate took in
  std::vector<MetricState> states_;  // of each metric
  LabelKey key_;
};

RowMapper::RowMapper(MappingConfig config, MappingOptions options, KeyResolver resolve)
    : impl_(std::make_unique<Impl>(std::move(config), options, std::move(resolve))) {}
RowMapper::~RowMapper() = default;

Result<void> RowMapper::Feed(std::string_view piece) { return impl_->Feed(piece); }
Result<void> RowMapper::EndPage() { return impl_->EndPage(); }
void RowMapper::BeginPage() { impl_->BeginPage(); }
Result<Mapping> RowMapper::Finish() { return impl_->Finish(); }
const std::map<std::string, std::string>& RowMapper::TopFields() const { return impl_->TopFields(); }
bool RowMapper::TopFieldsAreAppended() const { return impl_->TopFieldsAreAppended(); }
const MappingReport& RowMapper::report() const { return impl_->report(); }

}  // namespace o2o

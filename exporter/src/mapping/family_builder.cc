// SPDX-License-Identifier: Apache-2.0
#include "mapping/family_builder.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace o2o {
namespace {

// Of a value that changes, so that its growing digits take no new place.
std::size_t RoomFor(const MetricConfig& metric) {
  constexpr std::size_t kLongestCount = 20;
  return metric.aggregate == Aggregate::kNone ? 0 : kLongestCount;
}

// Rows of equal labels are published as none.
bool RefusesEqual(const MetricConfig& metric) {
  return metric.aggregate == Aggregate::kNone && metric.on_duplicate == DuplicatePolicy::kError;
}

template <typename T>
void Put(std::vector<T>& values, std::size_t at, T value) {
  if (values.size() <= at) values.resize(at + 1);
  values[at] = value;
}

// Of a series that another metric of the family began, there may be none.
template <typename T>
T Get(const std::vector<T>& values, std::size_t at, T otherwise) {
  return at < values.size() ? values[at] : otherwise;
}

std::uint64_t CountOf(std::string_view number) {
  std::uint64_t count = 0;
  std::from_chars(number.data(), number.data() + number.size(), count);
  return count;
}

}  // namespace

FamilyBuilder::FamilyBuilder(MetricDesc desc)
    : desc_(std::move(desc)), table_(std::make_shared<SeriesTable>()) {}

FamilyBuilder::Added FamilyBuilder::Add(const MetricConfig& metric, const RowSample& sample) {
  const bool counts = metric.aggregate == Aggregate::kCount;
  const auto [id, is_new] = table_->Insert(sample.key, counts ? "1" : sample.number, RoomFor(metric));
  if (!is_new) return Combine(metric, id, sample, {});
  Note(metric, id, sample);
  return Added::kNew;
}

FamilyBuilder::Added FamilyBuilder::AddSeries(const MetricConfig& metric, std::string_view key,
                                              const FamilyBuilder& from, SeriesTable::Id from_id) {
  RowSample sample;
  sample.key = key;
  sample.number = from.table_->Value(from_id);
  sample.row = from.RowOf(from_id);
  if (from_id < from.times_.size() && !metric.newest_column.empty()) sample.time = from.times_[from_id];
  const auto total = from.totals_.find(from_id);
  const auto [id, is_new] = table_->Insert(key, sample.number, RoomFor(metric));
  if (is_new) {
    Note(metric, id, sample);
    if (total != from.totals_.end()) totals_.emplace(id, total->second);
    Withhold(id, from.IsWithheld(from_id));
    return Added::kNew;
  }
  Combined what;
  if (metric.aggregate == Aggregate::kCount) what.count = CountOf(sample.number);
  if (total != from.totals_.end()) what.sum = &total->second.sum;
  what.withheld = from.IsWithheld(from_id);
  return Combine(metric, id, sample, what);
}

std::uint32_t FamilyBuilder::RowOf(SeriesTable::Id id) const { return Get(rows_, id, std::uint32_t{0}); }

FamilyBuilder::Added FamilyBuilder::Combine(const MetricConfig& metric, SeriesTable::Id id,
                                            const RowSample& sample, Combined what) {
  const std::string_view number = sample.number;
  switch (metric.aggregate) {
    case Aggregate::kNone:
      return sample.time ? AddTimed(metric, id, sample, what) : AddEqual(metric, id, sample, what);
    case Aggregate::kCount: CountUp(id, what.count); break;
    case Aggregate::kSum:
    case Aggregate::kAvg: AddTo(id, number, what.sum, metric.aggregate == Aggregate::kAvg); break;
    case Aggregate::kMin:
      if (CompareNumbers(number, table_->Value(id)) < 0) table_->SetValue(id, number);
      break;
    case Aggregate::kMax:
      if (CompareNumbers(number, table_->Value(id)) > 0) table_->SetValue(id, number);
      break;
  }
  return Added::kAggregated;
}

// Remembers what later samples of the same labels are held against.
void FamilyBuilder::Note(const MetricConfig& metric, SeriesTable::Id id, const RowSample& sample) {
  if (RefusesEqual(metric)) Put(rows_, id, sample.row);
  if (!sample.time) return;
  Put(times_, id, *sample.time);
  Withhold(id, sample.number.empty());
}

// Of the newest rows those with a value count, if there are any.
FamilyBuilder::Added FamilyBuilder::AddTimed(const MetricConfig& metric, SeriesTable::Id id,
                                             const RowSample& sample, Combined what) {
  const Timestamp newest = Get(times_, id, *sample.time);
  if (*sample.time < newest) return Added::kAggregated;
  if (*sample.time == newest) {
    if (sample.number.empty()) return Added::kAggregated;
    if (!table_->Value(id).empty()) return AddEqual(metric, id, sample, what);
  }
  table_->SetValue(id, sample.number);
  totals_.erase(id);
  if (what.sum != nullptr) totals_.emplace(id, Total{*what.sum, false});
  Note(metric, id, sample);
  if (what.withheld) Withhold(id, true);
  return Added::kAggregated;
}

FamilyBuilder::Added FamilyBuilder::AddEqual(const MetricConfig& metric, SeriesTable::Id id,
                                             const RowSample& sample, Combined what) {
  switch (metric.on_duplicate) {
    case DuplicatePolicy::kError:
      Withhold(id, true);
      earlier_row_ = Get(rows_, id, sample.row);
      return Added::kAmbiguous;
    case DuplicatePolicy::kFirst: break;
    case DuplicatePolicy::kLast: table_->SetValue(id, sample.number); break;
    case DuplicatePolicy::kSum: AddTo(id, sample.number, what.sum, false); break;
    case DuplicatePolicy::kMax:
      if (CompareNumbers(sample.number, table_->Value(id)) > 0) table_->SetValue(id, sample.number);
      break;
  }
  return Added::kDuplicate;
}

void FamilyBuilder::Withhold(SeriesTable::Id id, bool withheld) {
  if (IsWithheld(id) == withheld) return;
  if (withheld_.size() <= id) withheld_.resize(id + 1);
  withheld_[id] = withheld;
  withheld_series_ += withheld ? 1 : std::size_t{0} - 1;
}

// A table forgets nothing, so that what stays moves to another.
void FamilyBuilder::DropWithheld() {
  if (withheld_series_ == 0) return;
  auto published = std::make_shared<SeriesTable>();
  for (SeriesTable::Id id = 0; id < table_->size(); ++id) {
    if (!IsWithheld(id)) published->Insert(table_->Key(id), table_->Value(id));
  }
  table_ = std::move(published);
  withheld_series_ = 0;
}

void FamilyBuilder::AddZero(std::string_view key) { table_->Insert(key, "0"); }

void FamilyBuilder::AddTo(SeriesTable::Id id, std::string_view number, const Sum* sum, bool average) {
  const auto [total, is_new] = totals_.try_emplace(id);
  if (is_new) {
    total->second.sum.Add(table_->Value(id));
    total->second.average = average;
  }
  if (sum != nullptr) {
    total->second.sum.Add(*sum);
  } else {
    total->second.sum.Add(number);
  }
}

void FamilyBuilder::CountUp(SeriesTable::Id id, std::uint64_t by) {
  const std::uint64_t count = CountOf(table_->Value(id)) + by;
  std::array<char, 24> text{};
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), count).ptr;
  table_->SetValue(id, {text.data(), static_cast<std::size_t>(end - text.data())});
}

void FamilyBuilder::Clear() {
  table_ = std::make_shared<SeriesTable>();
  totals_.clear();
  rows_.clear();
  times_.clear();
  withheld_.clear();
  withheld_series_ = 0;
}

Family FamilyBuilder::Take() {
  for (const auto& [id, total] : totals_) {
    table_->SetValue(id, total.average ? total.sum.Average() : total.sum.Text());
  }
  totals_ = {};
  DropWithheld();
  Family family;
  family.desc = std::move(desc_);
  family.table = std::move(table_);
  return family;
}

}  // namespace o2o

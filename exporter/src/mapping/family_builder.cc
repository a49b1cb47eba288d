// SPDX-License-Identifier: Apache-2.0
#include "mapping/family_builder.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace o2o {
namespace {

// Of the value of an aggregate, so that its growing digits take no new place.
std::size_t RoomFor(const MetricConfig& metric) {
  constexpr std::size_t kLongestCount = 20;
  return metric.aggregate == Aggregate::kNone ? 0 : kLongestCount;
}

}  // namespace

FamilyBuilder::FamilyBuilder(MetricDesc desc)
    : desc_(std::move(desc)), table_(std::make_shared<SeriesTable>()) {}

FamilyBuilder::Added FamilyBuilder::Add(const MetricConfig& metric, std::string_view key,
                                        std::string_view number, bool replaces) {
  const bool counts = metric.aggregate == Aggregate::kCount;
  const auto [id, is_new] = table_->Insert(key, counts ? "1" : number, RoomFor(metric));
  if (is_new) return Added::kNew;
  switch (metric.aggregate) {
    case Aggregate::kNone: break;
    case Aggregate::kCount: CountUp(id); return Added::kAggregated;
    case Aggregate::kSum:
    case Aggregate::kAvg: AddTo(id, number, metric.aggregate == Aggregate::kAvg); return Added::kAggregated;
    case Aggregate::kMin:
      if (CompareNumbers(number, table_->Value(id)) < 0) table_->SetValue(id, number);
      return Added::kAggregated;
    case Aggregate::kMax:
      if (CompareNumbers(number, table_->Value(id)) > 0) table_->SetValue(id, number);
      return Added::kAggregated;
  }
  switch (replaces ? DuplicatePolicy::kLast : metric.on_duplicate) {
    case DuplicatePolicy::kError: return Added::kRejected;
    case DuplicatePolicy::kFirst: break;
    case DuplicatePolicy::kLast: table_->SetValue(id, number); break;
    case DuplicatePolicy::kSum: AddTo(id, number, false); break;
    case DuplicatePolicy::kMax:
      if (CompareNumbers(number, table_->Value(id)) > 0) table_->SetValue(id, number);
      break;
  }
  return Added::kDuplicate;
}

void FamilyBuilder::AddTo(SeriesTable::Id id, std::string_view number, bool average) {
  const auto [total, is_new] = totals_.try_emplace(id);
  if (is_new) {
    total->second.sum.Add(table_->Value(id));
    total->second.average = average;
  }
  total->second.sum.Add(number);
}

void FamilyBuilder::CountUp(SeriesTable::Id id) {
  const std::string_view value = table_->Value(id);
  std::uint64_t count = 0;
  std::from_chars(value.data(), value.data() + value.size(), count);
  std::array<char, 24> text{};
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), count + 1).ptr;
  table_->SetValue(id, {text.data(), static_cast<std::size_t>(end - text.data())});
}

void FamilyBuilder::Clear() {
  table_ = std::make_shared<SeriesTable>();
  totals_.clear();
}

Family FamilyBuilder::Take() {
  for (const auto& [id, total] : totals_) {
    table_->SetValue(id, total.average ? total.sum.Average() : total.sum.Text());
  }
  totals_ = {};
  Family family;
  family.desc = std::move(desc_);
  family.table = std::move(table_);
  return family;
}

}  // namespace o2o

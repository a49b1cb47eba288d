// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_filter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/ascii.h"
#include "base/time_text.h"
#include "config/number_text.h"
#include "mapping/decimal.h"

namespace o2o {
namespace {

constexpr std::string_view kToday = "today";

bool IsContainer(JsonType type) { return type == JsonType::kObject || type == JsonType::kArray; }

// A time of the day that it is now where its column is at home.
bool IsToday(std::string_view text, const ValueForm& form) {
  const auto day = [&](Timestamp time) {
    return std::chrono::floor<std::chrono::days>(form.timezone.ToWall(time));
  };
  const std::optional<Timestamp> time = ParseTime(text, form.timezone, form.now);
  return time && form.now && day(*time) == day(*form.now);
}

}  // namespace

WordSet::WordSet(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::string_view trimmed = Trim(word);
    words_.insert(LowerCase(trimmed));
    if (IsJsonNumber(trimmed)) numbers_.emplace_back(trimmed);
    today_ |= EqualsIgnoringCase(trimmed, kToday);
  }
}

bool WordSet::Has(JsonType type, std::string_view text, const ValueForm& form) const {
  if (IsContainer(type)) return false;
  if (type == JsonType::kNull) return words_.contains("");
  text = Trim(text);
  if (words_.contains(text) || words_.contains(LowerCase(text))) return true;
  if (type == JsonType::kNumber && IsDigit(text.back()) &&
      std::any_of(numbers_.begin(), numbers_.end(),
                  [&](const std::string& number) { return CompareNumbers(number, text) == 0; })) {
    return true;
  }
  return today_ && type != JsonType::kBool && IsToday(text, form);
}

ColumnFilter::ColumnFilter(const RowFilter& filter, ValueForm form)
    : gt_(filter.gt), ge_(filter.ge), lt_(filter.lt), le_(filter.le), form_(std::move(form)) {
  if (!filter.in.empty()) in_.emplace(filter.in);
  if (!filter.not_in.empty()) not_in_.emplace(filter.not_in);
}

Result<ColumnFilter> ColumnFilter::Make(const RowFilter& filter, ValueForm form) {
  form.unit = ValueUnit::kNumber;
  ColumnFilter made(filter, std::move(form));
  if (filter.regex) {
    Result<TextPattern> pattern = TextPattern::Compile(*filter.regex);
    if (!pattern) return tl::unexpected(pattern.error());
    made.pattern_ = *std::move(pattern);
  }
  return made;
}

bool ColumnFilter::Holds(JsonType type, std::string_view text, bool cut) {
  if (in_ && (cut || !in_->Has(type, text, form_))) return false;
  if (not_in_ && !cut && not_in_->Has(type, text, form_)) return false;
  if (pattern_) {
    if (IsContainer(type) || cut) return false;
    if (!pattern_->Matches(type == JsonType::kNull ? std::string_view() : Trim(text))) return false;
  }
  return IsWithin(type, text);
}

bool ColumnFilter::IsWithin(JsonType type, std::string_view text) {
  if (!gt_ && !ge_ && !lt_ && !le_) return true;
  if (value_.Read(type, text, form_) != ValueText::Outcome::kNumber) return false;
  const std::string_view number = value_.number();
  return !(gt_ && CompareNumbers(number, *gt_) <= 0) && !(ge_ && CompareNumbers(number, *ge_) < 0) &&
         !(lt_ && CompareNumbers(number, *lt_) >= 0) && !(le_ && CompareNumbers(number, *le_) > 0);
}

}  // namespace o2o

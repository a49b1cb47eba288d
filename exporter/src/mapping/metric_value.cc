// SPDX-License-Identifier: Apache-2.0
#include "mapping/metric_value.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/time_problem.h"
#include "config/number_text.h"
#include "mapping/decimal.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxShownWords = 5;

std::string Listed(const std::map<std::string, std::string>& words) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [word, number] : words) {
    if (shown++ == kMaxShownWords) return text + ", ...";
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

}  // namespace

MetricValue::MetricValue(const MetricConfig& metric, std::optional<Timestamp> now)
    : metric_(metric), form_{metric.unit, metric.decimal, metric.timezone, now} {
  for (const auto& [text, number] : metric.value_map) {
    const std::string word(Trim(text));
    words_.emplace(word, number);
    lower_words_.emplace(LowerCase(word), number);
    if (IsJsonNumber(word)) numbers_.emplace_back(word, number);
  }
}

MetricValue::Outcome MetricValue::Read(JsonType type, std::string_view text, bool present, bool cut) {
  if (present && FindWord(type, text)) return Outcome::kNumber;
  switch (value_.Read(type, text, form_)) {
    case ValueText::Outcome::kNoValue:
      if (metric_.skip_null) return Outcome::kSkipped;
      if (!metric_.null_value) return Outcome::kNoValue;
      number_ = *metric_.null_value;
      return Outcome::kNumber;
    case ValueText::Outcome::kNumber:
      if (metric_.rest_value) break;
      if (cut) return Outcome::kBad;
      number_ = value_.number();
      Watch(type, text);
      return Scale() ? Outcome::kNumber : Outcome::kBad;
    case ValueText::Outcome::kBad: break;
  }
  if (!metric_.rest_value || type == JsonType::kObject || type == JsonType::kArray) return Outcome::kBad;
  number_ = *metric_.rest_value;
  return Outcome::kNumber;
}

bool MetricValue::FindWord(JsonType type, std::string_view text) {
  if (words_.empty() || type == JsonType::kNull) return false;
  text = Trim(text);
  auto found = words_.find(text);
  if (found == words_.end()) {
    found = lower_words_.find(LowerCase(text));
    if (found == lower_words_.end()) {
      if (type != JsonType::kNumber || !IsDigit(text.back())) return false;
      const auto number = std::find_if(numbers_.begin(), numbers_.end(), [&](const auto& word) {
        return CompareNumbers(word.first, text) == 0;
      });
      if (number == numbers_.end()) return false;
      number_ = number->second;
      return true;
    }
  }
  number_ = found->second;
  return true;
}

void MetricValue::Watch(JsonType type, std::string_view text) {
  zone_assumed_ |= value_.zone_assumed();
  if (type != JsonType::kString || form_.unit == ValueUnit::kTime) return;
  came_as_text_ |= form_.unit == ValueUnit::kNumber;
  if (reads_one_way_ || text.find_first_of(".,") == std::string_view::npos) return;
  ValueForm other_form{form_.unit,
                       form_.decimal == DecimalMark::kPoint ? DecimalMark::kComma : DecimalMark::kPoint};
  ValueText other;
  const bool both = other.Read(type, text, other_form) == ValueText::Outcome::kNumber;
  (both ? reads_both_ways_ : reads_one_way_) = true;
}

bool MetricValue::Scale() {
  if (!metric_.scale) return true;
  std::optional<std::string> product = Product(number_, *metric_.scale);
  if (!product) return false;
  scaled_ = *std::move(product);
  number_ = scaled_;
  return true;
}

std::string MetricValue::Problem(JsonType type, std::string_view text) const {
  const bool scalar = type != JsonType::kObject && type != JsonType::kArray;
  if (scalar && !words_.empty()) {
    return "is not one of `values` (" + Listed(metric_.value_map) +
           "), give it a number there, or \"*\" for the rest";
  }
  switch (metric_.unit) {
    case ValueUnit::kNumber: return "is not a number";
    case ValueUnit::kBytes: return "is not a size in bytes";
    case ValueUnit::kTime: return scalar ? TimeProblem(text) : "is not a time";
  }
  return "is not a number";
}

std::vector<std::string> MetricValue::Notes() const {
  const std::string about = metric_.name + ": ";
  const std::string column = "column " + Quoted(metric_.value_column);
  std::vector<std::string> notes;
  if (came_as_text_) notes.push_back(about + "the values of " + column + " came as text");
  if (zone_assumed_) {
    notes.push_back(about + "the times of " + column + " came without a zone, taken as those of " +
                    metric_.timezone.name() + " (`timezone`)");
  }
  if (reads_both_ways_ && !reads_one_way_) {
    const bool point = metric_.decimal == DecimalMark::kPoint;
    notes.push_back(
        about + "each text of " + column +
        " with a point or comma would be another number with `decimal: " + (point ? "\",\"" : "\".\"") +
        "`, " + (point ? "a point" : "a comma") + " is taken as the decimal mark");
  }
  return notes;
}

}  // namespace o2o

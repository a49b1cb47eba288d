// SPDX-License-Identifier: Apache-2.0
#include "config/mapping_loader.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text_pattern.h"
#include "config/column_problem.h"
#include "config/endpoint_loader.h"
#include "config/metric_names.h"
#include "config/number_text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxMetrics = 100;
constexpr std::size_t kMaxLabels = 50;
constexpr std::size_t kMaxNested = 8;
constexpr std::size_t kMaxWords = 1'000;  // of a value map, of a filter
constexpr std::string_view kRest = "*";   // of a value map: everything else

// What the metrics of one source are read against.
struct MappingReading {
  const MappingPlace& place;
  const RowsConfig& rows;
  TimeZone timezone;
  DecimalMark decimal = DecimalMark::kPoint;
};

template <typename T>
struct Word {
  std::string_view word;
  T meaning;
};

// One of a few words; `problem` says which. False if it is another.
template <typename T, std::size_t n>
bool ReadWord(MapReader& entry, std::string_view key, const Word<T> (&words)[n], std::string_view problem,
              T& value) {
  std::string text;
  if (!entry.Text(key, text)) return true;
  for (const Word<T>& word : words) {
    if (text == word.word) {
      value = word.meaning;
      return true;
    }
  }
  entry.FailValue(key, problem);
  return false;
}

// Of a config that has its shape.
void ReadRows(MapReader rows, RowsConfig& config) {
  if (rows.TextIfAny("pointer", config.pointer) == Given::kYes) {
    if (!IsPointer(config.pointer)) {
      rows.FailValue("pointer",
                     "is not a JSON Pointer, want one like /data/rows (with ~1 for / and ~0 for ~)");
    } else if (config.shape == RowShape::kList) {
      rows.FailValue("pointer", "is not for Metabase, whose answer is the list of rows, remove it");
    }
  }
  rows.TextList("nested", config.nested, kMaxNested, true);
  for (const std::string& column : config.nested) {
    if (column.starts_with('/') && !IsPointer(column))
      rows.Fail("nested", "holds '" + column + "', which is not a JSON Pointer: want ~1 for / and ~0 for ~");
  }
  static constexpr Word<RowsAre> kAre[] = {
      {"rows", RowsAre::kRows}, {"row", RowsAre::kRow}, {"pairs", RowsAre::kPairs}};
  ReadWord(rows, "is", kAre, "is not a shape of rows, want rows, row or pairs", config.is);
  if (config.is != RowsAre::kRows && config.shape == RowShape::kList)
    rows.FailValue("is", "is not for Metabase, whose answer is the list of rows, remove it");
}

void ReadCeiling(MapReader& ceilings, std::string_view key, std::int64_t most, std::size_t& ceiling) {
  auto value = static_cast<std::int64_t>(ceiling);
  ceilings.Integer(key, value, {1, most});
  ceiling = static_cast<std::size_t>(value);
}

void ReadCeilings(MapReader ceilings, RowCeilings& config) {
  ReadCeiling(ceilings, "max_rows", 100'000'000, config.max_rows);
  ReadCeiling(ceilings, "max_series", 10'000'000, config.max_series);
  ReadCeiling(ceilings, "max_label_bytes", 65'536, config.max_label_bytes);
  ceilings.Bytes("max_published", config.max_published_bytes, {1u << 10, 1ull << 34});
}

void CheckColumn(MapReader& map, std::string_view key, const std::string& column,
                 const MappingReading& reading) {
  if (const auto problem = ColumnProblem(column, reading.rows)) map.FailValue(key, *problem);
}

// What a metric is about: the first word of its name.
std::string Subject(std::string_view metric) {
  const std::string_view word = metric.substr(0, metric.find('_'));
  return word.empty() ? "shop" : std::string(word);
}

// The label's name is in order.
bool CheckLabel(MapReader& labels, const std::string& label, const std::string& metric,
                std::set<std::string>& seen) {
  if (const std::optional<std::string> problem = LabelNameProblem(label)) {
    labels.FailKey(label, *problem);
    return false;
  }
  if (!seen.insert(label).second) {
    labels.FailKey(label, "appears among labels too, give each label once");
    return false;
  }
  if (IsTargetLabel(label)) {
    labels.Warn(label, "is often a label of the target, and then arrives in Prometheus as exported_" + label +
                           ", another name avoids that, like " + Subject(metric) + "_" + label);
  }
  return true;
}

void ReadLabels(MapReader& entry, const MappingReading& reading, MetricConfig& metric) {
  std::set<std::string> seen;
  MapReader labels = entry.Section("labels");
  for (const std::string& label : labels.Keys()) {
    std::string column;
    if (labels.Text(label, column)) {
      if (const auto problem = LabelColumnProblem(column, reading.rows)) labels.FailValue(label, *problem);
    }
    if (CheckLabel(labels, label, metric.name, seen)) metric.labels.push_back({label, std::move(column)});
  }
  MapReader fixed = entry.Section("static_labels");
  for (const std::string& label : fixed.Keys()) {
    std::string value;
    fixed.Text(label, value);
    if (!CheckLabel(fixed, label, metric.name, seen)) continue;
    metric.static_labels.emplace_back(label, std::move(value));
  }
  if (seen.size() > kMaxLabels) entry.Fail("labels", "more than 50 labels, want fewer");
}

// The conditions of one column, where more is asked than that it has one of some texts.
void ReadConditions(MapReader column, RowFilter& filter) {
  if (column.Keys().empty()) column.FailHere("is empty, want not, gt, ge, lt, le or regex");
  if (column.TextOrList("not", filter.not_in, kMaxWords) && filter.not_in.empty()) {
    column.Fail("not", "is empty, want the texts that do not count");
  }
  const std::pair<std::string_view, std::optional<std::string>*> bounds[] = {
      {"gt", &filter.gt}, {"ge", &filter.ge}, {"lt", &filter.lt}, {"le", &filter.le}};
  for (const auto& [key, bound] : bounds) {
    std::string number;
    if (column.Number(key, number)) *bound = std::move(number);
  }
  for (const auto& [one, other] : {std::pair("gt", "ge"), std::pair("lt", "le")}) {
    if (column.Has(one) && column.Has(other)) {
      column.FailKey(one, "given beside " + std::string(other) + ", want one of the two");
    }
  }
  std::string pattern;
  if (!column.Text("regex", pattern)) return;
  if (const Result<TextPattern> compiled = TextPattern::Compile(pattern); !compiled) {
    column.FailValue("regex", compiled.error().message);
  }
  filter.regex = std::move(pattern);
}

void ReadWhere(MapReader where, const MappingReading& reading, std::vector<RowFilter>& filters) {
  for (const std::string& column : where.Keys()) {
    RowFilter filter;
    filter.column = column;
    if (const auto problem = ColumnProblem(column, reading.rows)) where.FailKey(column, *problem);
    if (where.KindOf(column) == YamlNode::Kind::kMap) {
      ReadConditions(where.Section(column), filter);
    } else if (!where.TextOrList(column, filter.in, kMaxWords)) {
      continue;
    } else if (filter.in.empty()) {
      where.Fail(column, "is empty, want the texts that count");
    }
    filters.push_back(std::move(filter));
  }
}

void ReadValues(MapReader values, MetricConfig& metric) {
  const std::vector<std::string> words = values.Keys();
  for (const std::string& word : words) {
    std::string number;
    if (!values.Number(word, number)) continue;
    if (word == kRest) {
      metric.rest_value = std::move(number);
    } else {
      metric.value_map.emplace(word, std::move(number));
    }
  }
  if (words.size() > kMaxWords) values.FailHere("has more than 1000 entries, want fewer");
}

// A number for what is null, or a word that says that null is normal.
void ReadNull(MapReader& entry, MetricConfig& metric) {
  std::string text;
  if (!entry.Text("null", text)) return;
  if (text == "skip") {
    metric.skip_null = true;
  } else if (IsSampleNumber(text)) {
    metric.null_value = std::move(text);
  } else {
    entry.FailValue("null", "is neither a number nor skip, want one like 0, or skip where null is normal");
  }
}

void ReadScale(MapReader& entry, MetricConfig& metric) {
  std::string scale;
  if (!entry.Number("scale", scale)) return;
  if (scale.substr(0, scale.find_first_of("eE")).find_first_of("123456789") == std::string::npos) {
    entry.FailValue("scale", "makes every value 0, want the number to multiply by, like 0.01");
  }
  if (metric.unit == ValueUnit::kTime) {
    entry.FailKey("scale", "given beside unit: time, which finds out the unit of a number, remove it");
  }
  metric.scale = std::move(scale);
}

void ReadDecimal(MapReader& map, DecimalMark& mark) {
  static constexpr Word<DecimalMark> kMarks[] = {{".", DecimalMark::kPoint}, {",", DecimalMark::kComma}};
  ReadWord(map, "decimal", kMarks, "is not a decimal mark, want \",\" or \".\"", mark);
}

// Where a sample's value comes from. A count takes nothing from a column, so that nothing said of one may
// appear there.
void ReadValue(MapReader& entry, const MappingReading& reading, MetricConfig& metric) {
  static constexpr Word<Aggregate> kAggregates[] = {{"count", Aggregate::kCount},
                                                    {"sum", Aggregate::kSum},
                                                    {"min", Aggregate::kMin},
                                                    {"max", Aggregate::kMax},
                                                    {"avg", Aggregate::kAvg}};
  static constexpr Word<ValueUnit> kUnits[] = {
      {"number", ValueUnit::kNumber}, {"bytes", ValueUnit::kBytes}, {"time", ValueUnit::kTime}};
  ReadWord(entry, "aggregate", kAggregates, "is not an aggregate, want count, sum, min, max or avg",
           metric.aggregate);
  const bool counts = metric.aggregate == Aggregate::kCount;
  if (!counts) entry.Require("value", "want the column that holds the number, or aggregate: count");
  if (entry.Text("value", metric.value_column)) {
    const bool of_each_column = entry.Has("columns") && metric.value_column == "$value";
    if (!of_each_column) CheckColumn(entry, "value", metric.value_column, reading);
  }
  ReadWord(entry, "unit", kUnits, "is not a unit, want number, bytes or time", metric.unit);
  ReadScale(entry, metric);
  ReadValues(entry.Section("values"), metric);
  ReadNull(entry, metric);
  if (!counts) return;
  for (const char* key : {"value", "unit", "scale", "values", "null"}) {
    if (entry.Has(key)) entry.FailKey(key, "given beside aggregate: count, which counts rows, remove it");
  }
}

void ReadDuplicates(MapReader& entry, MetricConfig& metric) {
  static constexpr Word<DuplicatePolicy> kPolicies[] = {{"error", DuplicatePolicy::kError},
                                                        {"first", DuplicatePolicy::kFirst},
                                                        {"last", DuplicatePolicy::kLast},
                                                        {"sum", DuplicatePolicy::kSum},
                                                        {"max", DuplicatePolicy::kMax}};
  ReadWord(entry, "on_duplicate", kPolicies, "is not a policy, want error, first, last, sum or max",
           metric.on_duplicate);
  for (const char* key : {"on_duplicate", "pick"}) {
    if (metric.aggregate == Aggregate::kNone || !entry.Has(key)) continue;
    entry.FailKey(key, "given beside aggregate, which takes rows of equal labels together, remove it");
  }
}

void ReadPick(MapReader& entry, const MappingReading& reading, MetricConfig& metric) {
  MapReader pick = entry.Section("pick");
  if (entry.Has("pick")) pick.Require("newest", "want the column that holds a row's time");
  if (pick.Text("newest", metric.newest_column)) CheckColumn(pick, "newest", metric.newest_column, reading);
}

// Whether the metric has a good name.
bool ReadMetricName(MapReader& entry, MetricConfig& metric) {
  static constexpr Word<MetricType> kTypes[] = {{"gauge", MetricType::kGauge},
                                                {"counter", MetricType::kCounter},
                                                {"histogram", MetricType::kHistogram}};
  entry.Require("name", "want one like vendor_online");
  const bool has_type = ReadWord(
      entry, "type", kTypes, "is not a type for mapped rows, want gauge, counter or histogram", metric.type);
  if (!entry.Text("name", metric.name)) return false;
  std::optional<std::string> problem = MetricNameProblem(metric.name);
  if (!problem && has_type) problem = MetricTypeProblem(metric.name, metric.type);
  if (problem) entry.FailValue("name", *problem);
  return !problem && has_type;
}

void ReadHelp(MapReader& entry, std::string& help) {
  entry.Require("help", "want one sentence that says what the number means");
  if (entry.Text("help", help) && help.size() > 1'000) {
    entry.Fail("help", "is longer than 1000 bytes, want one sentence");
  }
}

// Of a histogram, whose rows are its buckets.
void ReadHistogram(MapReader& entry, const MappingReading& reading, MetricConfig& metric) {
  const bool is_one = metric.type == MetricType::kHistogram;
  if (!is_one) {
    for (const char* key : {"le", "buckets", "sum"}) {
      if (entry.Has(key)) entry.FailKey(key, "is for type: histogram, remove it, or set the type");
    }
    return;
  }
  HistogramColumns columns;
  entry.Require("le", "want the column that holds the upper bound of a bucket");
  entry.Require("buckets", "want cumulative where a count holds those of lower buckets too, else each");
  if (entry.Text("le", columns.le)) CheckColumn(entry, "le", columns.le, reading);
  static constexpr Word<bool> kBuckets[] = {{"cumulative", true}, {"each", false}};
  ReadWord(entry, "buckets", kBuckets, "is not a kind of counts, want cumulative or each",
           columns.cumulative);
  if (entry.Text("sum", columns.sum)) CheckColumn(entry, "sum", columns.sum, reading);
  for (const char* key : {"aggregate", "columns", "scale"}) {
    if (entry.Has(key))
      entry.FailKey(key, "given with type: histogram, whose rows are its buckets, remove it");
  }
  metric.histogram = std::move(columns);
}

// Columns whose names are texts of a label.
void ReadPivot(MapReader& entry, MetricConfig& metric) {
  if (!entry.Has("columns")) return;
  MapReader columns = entry.Section("columns");
  columns.Require("label", "want the label that gets the name of the column, like hour");
  columns.Require("match", "want a regular expression for the names of the columns, like [0-2][0-9]");
  std::string label;
  if (columns.Text("label", label)) {
    if (const auto problem = LabelNameProblem(label)) columns.FailValue("label", *problem);
    const auto has = [&](const auto& list, auto name) {
      return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.*name == label; });
    };
    if (has(metric.labels, &LabelFrom::label) ||
        has(metric.static_labels, &std::pair<std::string, std::string>::first)) {
      columns.FailValue("label", "appears among the labels too, give each label once");
    } else {
      metric.labels.push_back({label, std::string(kColumnColumn)});
    }
  }
  if (!columns.Text("match", metric.pivot)) return;
  if (const Result<TextPattern> compiled = TextPattern::Compile(metric.pivot); !compiled)
    columns.FailValue("match", compiled.error().message);
  if (metric.aggregate != Aggregate::kCount && metric.value_column != "$value")
    entry.FailKey("columns",
                  "given with another value than $value, which is that of each column, want value: $value");
}

MetricConfig ReadMetric(MapReader& entry, const MappingReading& of_source) {
  MetricConfig metric;
  metric.timezone = of_source.timezone;
  metric.decimal = of_source.decimal;
  const bool has_name = ReadMetricName(entry, metric);
  ReadHelp(entry, metric.help);
  if (entry.Has("rows")) {
    metric.rows.emplace();
    metric.rows->shape = of_source.rows.shape;
    ReadRows(entry.Section("rows"), *metric.rows);
  }
  const MappingReading reading{of_source.place, metric.rows ? *metric.rows : of_source.rows,
                               of_source.timezone, of_source.decimal};
  ReadLabels(entry, reading, metric);
  ReadWhere(entry.Section("where"), reading, metric.where);
  ReadValue(entry, reading, metric);
  ReadDecimal(entry, metric.decimal);
  ReadTimeZone(entry, metric.timezone);
  ReadDuplicates(entry, metric);
  ReadPivot(entry, metric);
  ReadPick(entry, reading, metric);
  ReadHistogram(entry, reading, metric);
  if (!has_name) return metric;
  if (const auto conflict = reading.place.families.Add(reading.place.name, metric, reading.place.enabled)) {
    if (conflict->key == "name") {
      entry.FailValue(conflict->key, conflict->problem);
    } else {
      entry.Fail(conflict->key, conflict->problem);
    }
  }
  return metric;
}

}  // namespace

bool HasMapping(MapReader& source) {
  const bool has[] = {source.Has("rows"), source.Has("ceilings"), source.Has("metrics"),
                      source.Has("timezone"), source.Has("decimal")};
  return std::find(std::begin(has), std::end(has), true) != std::end(has);
}

MappingConfig ReadMapping(const MappingPlace& place, RowShape shape) {
  MappingConfig config;
  config.rows.shape = shape;
  ReadRows(place.source.Section("rows"), config.rows);
  ReadCeilings(place.source.Section("ceilings"), config.ceilings);
  MappingReading reading{place, config.rows, {}};
  ReadTimeZone(place.source, reading.timezone);
  ReadDecimal(place.source, reading.decimal);
  place.source.Require("metrics", "want at least one metric with name, help and value");
  if (place.source.Each("metrics",
                        [&](MapReader& entry) { config.metrics.push_back(ReadMetric(entry, reading)); })) {
    if (config.metrics.empty()) place.source.Fail("metrics", "is empty, want at least one metric");
    if (config.metrics.size() > kMaxMetrics) {
      place.source.Fail("metrics", "has more than 100 entries, want fewer");
    }
  }
  return config;
}

}  // namespace o2o

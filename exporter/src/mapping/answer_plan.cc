// SPDX-License-Identifier: Apache-2.0
#include "mapping/answer_plan.h"

#include <algorithm>
#include <utility>

#include "mapping/histogram_builder.h"

namespace o2o {
namespace {

// Where in the list a value is; puts it there where it is not.
template <typename T>
std::size_t PlaceOf(std::vector<T>& list, const T& value) {
  const auto found = std::find(list.begin(), list.end(), value);
  if (found != list.end()) return static_cast<std::size_t>(found - list.begin());
  list.push_back(value);
  return list.size() - 1;
}

void TakeDocumentLabels(MetricConfig& metric, std::vector<std::string>& document) {
  for (auto label = metric.labels.begin(); label != metric.labels.end();) {
    if (!label->column.starts_with(kDocumentColumn)) {
      ++label;
      continue;
    }
    const std::string pointer = label->column.substr(kDocumentColumn.size() - 1);  // with its slash
    metric.static_labels.emplace_back(label->label, Placeholder(PlaceOf(document, pointer)));
    label = metric.labels.erase(label);
  }
}

// Each column that matches becomes a row inside its row, with the column's name as its key.
void Unpivot(MetricConfig& metric, RowsConfig& rows) {
  if (metric.pivot.empty()) return;
  rows.pivot = metric.pivot;
  const auto outside = [](std::string& column) {
    if (column.empty() || column.starts_with(kDocumentColumn)) return;
    column = column == kColumnColumn ? "$key" : "../" + column;
  };
  for (LabelFrom& label : metric.labels) outside(label.column);
  for (RowFilter& filter : metric.where) outside(filter.column);
}

}  // namespace

std::string Placeholder(std::size_t document_label) {
  return kPlaceholderMark + std::to_string(document_label);
}

bool HasPlaceholder(const MetricConfig& metric) {
  return std::any_of(metric.static_labels.begin(), metric.static_labels.end(),
                     [](const auto& label) { return label.second.starts_with(kPlaceholderMark); });
}

AnswerPlan PlanAnswer(const MappingConfig& config) {
  AnswerPlan plan;
  std::vector<RowsConfig> places;
  std::vector<MetricConfig> metrics;
  for (const MetricConfig& metric : config.metrics) {
    if (!metric.histogram) {
      metrics.push_back(metric);
      continue;
    }
    plan.histograms.push_back(metric);
    for (MetricConfig& buckets : BucketMetrics(metric)) metrics.push_back(std::move(buckets));
  }
  for (MetricConfig& metric : metrics) {
    RowsConfig rows = metric.rows.value_or(config.rows);
    rows.shape = config.rows.shape;
    rows.lines = config.rows.lines;
    Unpivot(metric, rows);
    TakeDocumentLabels(metric, plan.document);
    const std::size_t place = PlaceOf(places, rows);
    if (place == plan.parts.size()) plan.parts.push_back({rows, {}, config.ceilings});
    plan.parts[place].metrics.push_back(std::move(metric));
  }
  if (plan.parts.empty()) plan.parts.push_back(config);
  return plan;
}

}  // namespace o2o

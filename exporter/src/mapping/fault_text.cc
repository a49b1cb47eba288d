// SPDX-License-Identifier: Apache-2.0
#include "mapping/fault_text.h"

#include "base/time_problem.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

std::string About(const MetricConfig& metric, const std::string& column) {
  return metric.name + ": column " + Quoted(column) + ": ";
}

std::string ShownCell(const Cell& cell, std::string_view text) {
  return cell.present ? Shown(cell.type, text) : "missing";
}

}  // namespace

std::string NoValueText(const MetricConfig& metric, const Cell& cell, std::string_view text) {
  return About(metric, metric.value_column) + ShownCell(cell, text) + ", so there is no value";
}

std::string BadValueText(const MetricConfig& metric, const Cell& cell, std::string_view text,
                         const std::string& problem) {
  return About(metric, metric.value_column) + Shown(cell.type, text) + " " + problem;
}

std::string BelowZeroText(const MetricConfig& metric, std::string_view number) {
  return About(metric, metric.value_column) + Shown(JsonType::kNumber, number) +
         " is below 0, which a counter cannot be";
}

std::string NoTimeText(const MetricConfig& metric, const Cell& cell, std::string_view text) {
  const bool scalar = cell.type == JsonType::kString || cell.type == JsonType::kNumber;
  return About(metric, metric.newest_column) + ShownCell(cell, text) + " " +
         (scalar ? TimeProblem(text) : "is not a time");
}

std::string SameLabelsText(const MetricConfig& metric, std::size_t earlier, std::size_t here) {
  return metric.name + ": rows " + std::to_string(earlier) + " and " + std::to_string(here) +
         " have the same labels, so neither is published: distinguish them by a label, or set aggregate or "
         "on_duplicate";
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/metric_names.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "metrics/catalogue.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::string_view kTotal = "_total";

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && !IsDigit(name[0]) &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
             std::string_view::npos;
}

// Prometheus writes these itself, for every target and for its alerts.
bool IsPrometheusOwn(std::string_view name) {
  return name == "up" || name.starts_with("scrape_") || name == "ALERTS" || name == "ALERTS_FOR_STATE";
}

// Whether a histogram has samples of that name.
bool IsSampleOf(std::string_view name, std::string_view histogram) {
  return name.starts_with(histogram) &&
         std::find(std::begin(kHistogramSamples), std::end(kHistogramSamples),
                   name.substr(histogram.size())) != std::end(kHistogramSamples);
}

// The exporter's own family that the name would get into, by its samples or by its OpenMetrics name.
const MetricDesc* OwnFamily(const std::string& name, MetricType type) {
  for (const MetricDesc* own : catalogue::All()) {
    if (name == own->name || OpenMetricsName(name, type) == OpenMetricsName(own->name, own->type)) return own;
    if (own->type == MetricType::kHistogram && IsSampleOf(name, own->name)) return own;
    if (type == MetricType::kHistogram && IsSampleOf(OpenMetricsName(own->name, own->type), name)) return own;
  }
  return nullptr;
}

}  // namespace

std::string OpenMetricsName(std::string_view name, MetricType type) {
  if (type == MetricType::kCounter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return std::string(name);
}

std::optional<std::string> MetricNameProblem(std::string_view name) {
  if (name.find(':') != std::string_view::npos) {
    return "holds a colon, which is for recording rules, want letters, digits and _";
  }
  if (!IsName(name)) {
    return "is not a metric name, want at most 200 letters, digits and _, not beginning with a digit";
  }
  if (name.starts_with("__")) return "begins with __, which is for Prometheus' own use, want another name";
  if (IsPrometheusOwn(name)) return "is a name that Prometheus itself writes, want another name";
  return std::nullopt;
}

std::optional<std::string> MetricTypeProblem(const std::string& name, MetricType type) {
  if (const MetricDesc* own = OwnFamily(name, type)) {
    return "is the exporter's own metric " + own->name + ", or too near to it, want another name";
  }
  const bool total = name.ends_with(kTotal);
  if (type == MetricType::kCounter && (!total || name.size() == kTotal.size())) {
    return "is a counter, whose name ends in _total, want one like " +
           (total ? "orders_total" : name + "_total") + ", or type: gauge";
  }
  if (type == MetricType::kGauge && total) {
    return "is a gauge, but _total is for counters, want another name, or type: counter";
  }
  if (type == MetricType::kHistogram && total) {
    return "is a histogram, but _total is for counters, want another name";
  }
  return std::nullopt;
}

std::optional<std::string> LabelNameProblem(std::string_view name) {
  if (!IsName(name)) {
    return "is not a label name, want at most 200 letters, digits and _, not beginning with a digit";
  }
  if (name.starts_with("__")) return "begins with __, which is for Prometheus' own use, want another name";
  if (name == "le") return "is the label of a histogram's buckets, want another name";
  return std::nullopt;
}

bool IsTargetLabel(std::string_view name) {
  static constexpr std::string_view kTargetLabels[] = {
      "alertname",   "cluster", "container", "customer", "datacenter", "dc",        "env",
      "environment", "host",    "hostname",  "instance", "job",        "namespace", "node",
      "owner",       "pod",     "quantile",  "region",   "replica",    "service",   "severity",
      "stage",       "team",    "type",      "zone"};
  return std::find(std::begin(kTargetLabels), std::end(kTargetLabels), name) != std::end(kTargetLabels);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metrics/metric_desc.h"

// What metrics and labels of the user's own may be called, by Prometheus' rules and beside the exporter's own
// families. Each problem continues the name in quotes: it says what is wrong with it, and what would be
// right.
namespace o2o {

// Of the name alone, whatever the type.
std::optional<std::string> MetricNameProblem(std::string_view name);
// Of a good name beside its type, and beside the exporter's own families.
std::optional<std::string> MetricTypeProblem(const std::string& name, MetricType type);
std::optional<std::string> LabelNameProblem(std::string_view name);

// Whether Prometheus may well give the target itself a label of that name; then the metric's is renamed to
// exported_NAME.
bool IsTargetLabel(std::string_view name);

// The name of a family in OpenMetrics: that of a counter is without _total.
std::string OpenMetricsName(std::string_view name, MetricType type);

// What a histogram's name ends in, in its samples.
inline constexpr std::string_view kHistogramSamples[] = {"_bucket", "_sum", "_count"};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metric_desc.h"

// Every family that the program itself defines, in one place: the code that fills a family takes its
// desc from here, `o2o-exporter metrics` prints the list, and the README's table is generated from it.
namespace o2o::catalogue {

extern const MetricDesc kOrdersIngested;
extern const MetricDesc kOrdersCompleted;
extern const MetricDesc kOrdersFailed;
extern const MetricDesc kOrdersCompletedAmount;
extern const MetricDesc kOrderTransitions;
extern const MetricDesc kOrderDuration;
extern const MetricDesc kOrdersOpen;
extern const MetricDesc kOrdersDelayed;
extern const MetricDesc kOldestOpenOrder;
extern const MetricDesc kOrdersUnconfigured;
extern const MetricDesc kOrdersRecent;
extern const MetricDesc kNewestOrder;
extern const MetricDesc kIngestWatermark;
extern const MetricDesc kIngestGaps;
extern const MetricDesc kIngestRows;
extern const MetricDesc kSourceUp;
extern const MetricDesc kSourceLastSuccess;
extern const MetricDesc kSourcePollDuration;
extern const MetricDesc kSourceInterval;
extern const MetricDesc kSourceRows;
extern const MetricDesc kSourceSeries;
extern const MetricDesc kSourceResponseBytes;
extern const MetricDesc kSourceStale;
extern const MetricDesc kSourcePolls;
extern const MetricDesc kSourceFailures;
extern const MetricDesc kSourceRejectedRows;
extern const MetricDesc kSourceRepaired;
extern const MetricDesc kStoreUp;
extern const MetricDesc kStoreWriteDuration;
extern const MetricDesc kJobLastSuccess;
extern const MetricDesc kJobDuration;
extern const MetricDesc kJobFailed;
extern const MetricDesc kBuildInfo;
extern const MetricDesc kLogLinesDropped;
extern const MetricDesc kConfigReloadSuccessful;
extern const MetricDesc kConfigReloadSuccessTime;
// process_cpu_seconds_total, process_resident_memory_bytes, ... as every exporter has them
extern const MetricDesc kProcessCpu;
extern const MetricDesc kProcessResidentMemory;
extern const MetricDesc kProcessVirtualMemory;
extern const MetricDesc kProcessStartTime;
extern const MetricDesc kProcessOpenFds;
extern const MetricDesc kProcessMaxFds;
extern const MetricDesc kProcessThreads;

std::span<const MetricDesc* const> All();
// The one of that name; nullptr if there is none.
const MetricDesc* Find(std::string_view name);

// The list as a Markdown table: metric, type, labels, meaning. `configured`: families that a configuration
// adds.
std::string MarkdownTable(const std::vector<MetricDesc>& configured = {});

// A label whose values are a closed set.
struct ClosedLabel {
  const MetricDesc& metric;
  std::string label;
  std::vector<std::string> values;
};

// Those as a Markdown table: metric, label, values.
std::string MarkdownValues(const std::vector<ClosedLabel>& labels);

}  // namespace o2o::catalogue

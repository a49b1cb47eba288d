// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "config/mapping_config.h"
#include "metrics/snapshot.h"

namespace o2o {

// The label that holds a bucket's bound until its histogram is built; users cannot give one of that name.
inline constexpr const char* kBoundLabel = "le";

// What a histogram's rows are read as: a counter with a series for each bucket, and one of the sums, if it
// has any.
std::vector<MetricConfig> BucketMetrics(const MetricConfig& histogram);

// Replaces what its BucketMetrics have become by the histogram. Bounds are those of all its series
// together; a series counts nothing between its own. Fails with kBadShape where a bound or count is none.
Result<void> BuildHistogram(const MetricConfig& histogram, std::vector<Family>& families);

}  // namespace o2o

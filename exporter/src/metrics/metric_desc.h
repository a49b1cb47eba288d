// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace o2o {

enum class MetricType { kGauge, kCounter, kHistogram };

// A family's identity: the contract with rules and dashboards.
struct MetricDesc {
  std::string name;  // counters end in _total
  MetricType type = MetricType::kGauge;
  std::vector<std::string> labels;  // names, in the order in which samples give their values
  std::string help;                 // one sentence, as text (escaped when rendered)
};

}  // namespace o2o

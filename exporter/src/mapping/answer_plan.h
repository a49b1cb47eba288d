// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/mapping_config.h"

namespace o2o {

// What a source's mapping is read as.
struct AnswerPlan {
  // One for each place at which metrics find their rows.
  std::vector<MappingConfig> parts;
  // The pointers of labels that are from the document; a part has in their place static labels that are
  // their Placeholder().
  std::vector<std::string> document;
  // What is to be built of its BucketMetrics, which are among those of the parts.
  std::vector<MetricConfig> histograms;
};

AnswerPlan PlanAnswer(const MappingConfig& config);

// Not in any label's text, since those are clean UTF-8.
inline constexpr char kPlaceholderMark = '\xFF';
std::string Placeholder(std::size_t document_label);
bool HasPlaceholder(const MetricConfig& metric);

}  // namespace o2o

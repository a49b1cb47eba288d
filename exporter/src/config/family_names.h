// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/mapping_config.h"

namespace o2o {

// What the sources of one configuration call their families.
class FamilyNames {
 public:
  struct Conflict {
    std::string key;  // of the metric in the configuration
    std::string problem;
  };
  // Several metrics, of one source or of many, may feed one family if they say the same about it and a static
  // label tells their series apart, so that none comes twice. No family is named like the samples of a
  // histogram. What is turned off conflicts with nothing. The name has to be valid, since it determines the
  // type.
  std::optional<Conflict> Add(const std::string& source, const MetricConfig& metric, bool enabled);

 private:
  struct Feed {
    std::string source;
    MetricConfig metric;
    bool enabled = true;
  };
  static std::optional<Conflict> Disagreement(const Feed& first, const MetricConfig& metric);
  const Feed* Running(const std::string& family) const;
  std::optional<Conflict> SharedSamples(const std::string& family, const MetricConfig& metric) const;
  static Conflict Twins(const Feed& first, const std::string& source, const MetricConfig& metric);

  std::map<std::string, std::vector<Feed>> families_;  // by OpenMetrics' name, where a counter has no _total
};

}  // namespace o2o

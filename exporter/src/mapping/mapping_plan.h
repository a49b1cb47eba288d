// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/mapping_config.h"
#include "mapping/row_filter.h"
#include "mapping/row_reader.h"
#include "metrics/metric_desc.h"

namespace o2o {

// Where a row has a column.
struct SlotRef {
  std::size_t level = 0;
  std::size_t slot = 0;
};

// A label of a sample: a column, or always the same text.
struct LabelPlan {
  std::optional<SlotRef> column;
  std::string text;
};

struct FilterPlan {
  SlotRef column;
  ColumnFilter filter;
};

// One metric of the configuration with its names resolved.
struct MetricPlan {
  const MetricConfig* config = nullptr;
  std::size_t family = 0;
  std::vector<LabelPlan> labels;  // in the family's order
  std::vector<FilterPlan> filters;
  std::optional<SlotRef> value;
  std::optional<SlotRef> newest;  // the time by which one of several rows is picked
};

// A column that somebody asked for.
struct WantedColumn {
  SlotRef slot;
  std::string name;
  bool required = false;     // some row must have it
  bool has_default = false;  // what is read from it has a number of its own where there is no value
};

struct MappingPlan {
  RowWants wants;
  std::vector<MetricDesc> families;
  std::vector<MetricPlan> metrics;
  std::vector<WantedColumn> columns;
};

// Resolves a mapping. Fails with kConfig where the loader should have refused it already. `config` must
// outlive the plan. `now`: when the rows are from.
Result<MappingPlan> MakePlan(const MappingConfig& config, Timestamp now);

}  // namespace o2o

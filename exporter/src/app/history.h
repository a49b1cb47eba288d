// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

struct HistoryOptions {
  Millis since;                               // how far back
  Millis step;                                // between samples; whole seconds
  std::map<std::string, std::string> labels;  // of the target, in each sample: job, instance, ...
};

// `o2o-exporter history`: the counters of orders as PostgreSQL knows their past (store/order_history.h), as
// OpenMetrics with timestamps, for `promtool tsdb create-blocks-from openmetrics`: the rules that compare
// with past weeks then need not wait for weeks of data. `write` gets whole lines, about 64 kB at a time; if
// it returns false, the output is closed and writing ends early, without an error.
[[nodiscard]] Result<void> WriteHistory(const Config& config, const HistoryOptions& options,
                                        const Clock& clock,
                                        const std::function<bool(std::string_view)>& write,
                                        std::stop_token stop);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

// A counter of orders was at `value` from `at` on, until the next of its steps. `family`, `labels` and
// `value` as in a Tally.
struct HistoryStep {
  std::string family;
  std::vector<std::string> labels;
  Timestamp at;  // a whole multiple of the step since 1970
  std::string value;
};

// The period of the history.
struct HistoryWindow {
  Timestamp from;   // a multiple of `step`, as until
  Timestamp until;  // not before `from`
  Millis step;      // whole seconds
};

// The past of o2o_orders_ingested_total, ..._completed_total, ..._completed_amount_total and
// ..._failed_total, as far as PostgreSQL knows it: today's tallies, less what was added later according to
// the orders. Orders, including archived ones, count at the updated_at with which they were first seen in a
// status; deleted orders count as older than all others. What is dated beyond `until` counts at `until`.
//
// Calls `sink` with the steps of the window, by family, labels and time; each series' first is at `from`.
// Reads one state of the database, in an hour at most, and changes nothing. Ends early when `sink` returns
// false and when a stop is requested (kCancelled). Fails with kStore.
[[nodiscard]] Result<void> ReadOrderHistory(const StoreConfig& config, const HistoryWindow& window,
                                            const std::function<bool(const HistoryStep&)>& sink,
                                            std::stop_token stop);

}  // namespace o2o

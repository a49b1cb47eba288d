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

// A counter of orders stood at `value` from `at` on, until the next of its steps. `family`, `labels` and
// `value` as in a Tally.
struct HistoryStep {
  std::string family;
  std::vector<std::string> labels;
  Timestamp at;  // a whole multiple of the step since 1970
  std::string value;
};

// The times that history is asked for.
struct HistoryWindow {
  Timestamp from;   // a multiple of `step`, as until
  Timestamp until;  // not before `from`
  Millis step;      // whole seconds
};

// What PostgreSQL can say of the past of o2o_orders_ingested_total, ..._completed_total,
// ..._completed_amount_total and ..._failed_total: today's tallies, less what the orders kept say came later.
// Orders, those of the archive too, count at the OMS's updated_at with which they were seen in a status
// first, and orders that are not kept any more as if they were older than all others. What is dated beyond
// `until` counts there.
//
// Calls `take` with the steps of the window, by family, labels and time; each series' first is at `from`.
// Reads one state of the database, in an hour at most, and changes nothing. Stops where `take` answers false
// and where it is asked to (kCancelled). Fails with kStore.
Result<void> ReadOrderHistory(const StoreConfig& config, const HistoryWindow& window,
                              const std::function<bool(const HistoryStep&)>& take, std::stop_token stop);

}  // namespace o2o

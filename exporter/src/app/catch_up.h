// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/order_feed.h"
#include "app/page_asker.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "store/order_store.h"

namespace o2o {

// The orders that a catch-up run takes in, by when they last changed, on the OMS's clock.
struct CatchUpRange {
  Millis since{0};                // so long before the OMS's now; 0: from `from` on
  std::optional<Timestamp> from;  // where `since` is 0
  // Only with `from`: up to then. Without it a run reaches up to now, and back to the watermark at least.
  std::optional<Timestamp> to;
};

// What a run that took anything in achieved.
struct CaughtUp {
  IngestResult taken;
  std::optional<Timestamp> back_to;  // all from there on is taken in; nothing: not even one window was whole
  std::optional<Error> missing;      // why it does not reach as far back as asked
};

// Where a run is.
struct CatchUpStage {
  int window = 1;  // of so many
  int windows = 1;
  double done = 0;  // share of the time range that is taken in, from 0 to below 1
  IngestResult taken;
  AskedPage page;
};
using CatchUpProgress = std::function<void(const CatchUpStage&)>;

// Each window's share of a range of that length, rising to 1. The OMS answers "the last M minutes" only, so
// that a window holds those before it: each is four times as long, and all but the last together cost the OMS
// a third of it.
std::vector<double> CatchUpWindows(Millis length);

// Takes orders in, window after window, each reaching further back and committed by itself. The first failure
// ends the run, and what is taken in stays. The next run over that range skips the windows that were taken
// in. The watermark moves with the last window that is asked for, or not at all where the run has an end
// (`to`). An error: nothing was taken in. `progress` may be empty.
Result<CaughtUp> CatchUp(OrderFeed& feed, OrderStore& store, const CatchUpRange& range,
                         const CatchUpProgress& progress, std::stop_token stop);

}  // namespace o2o

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

// The orders that a catch-up run ingests, by when they last changed, on the OMS's clock.
struct CatchUpRange {
  Millis since{0};                // this long before the OMS's now; 0: `from` counts
  std::optional<Timestamp> from;  // where `since` is 0
  // The end, only with `from`. Without it a run reaches up to now, and at least back to the watermark.
  std::optional<Timestamp> to;
};

// The result of a run that stored anything.
struct CaughtUp {
  IngestResult rows;
  std::optional<Timestamp> back_to;  // everything since then is stored; none: not one window was complete
  std::optional<Error> missing;      // why it does not reach back as far as requested
};

// Where a run is.
struct CatchUpStage {
  int window = 1;  // from 1 to `windows`
  int windows = 1;
  double done = 0;  // share of the time range that is stored, from 0 to below 1
  IngestResult rows;
  AskedPage page;
};
using CatchUpProgress = std::function<void(const CatchUpStage&)>;

// Each window's share of a range of that length, rising to 1. The OMS answers only "the last M minutes", so a
// window contains the ones before it: each is four times as long as the previous one, and all but the last
// together cost the OMS a third of the last.
std::vector<double> CatchUpWindows(Millis length);

// Ingests orders window after window, each reaching further back and committed by itself. The first failure
// ends the run; what is stored stays, and the next run over that range skips the windows that were stored.
// The watermark moves with the last window, or not at all if the run has an end (`to`). An error means that
// nothing was stored. `progress` may be empty.
[[nodiscard]] Result<CaughtUp> CatchUp(OrderFeed& feed, OrderStore& store, const CatchUpRange& range,
                                       const CatchUpProgress& progress, std::stop_token stop);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "app/order_feed.h"
#include "app/page_asker.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

// `o2o-exporter ingest`: one catch-up run of the configuration's OMS source, without pollers or HTTP.
// `progress` may be empty.
Result<CaughtUp> RunIngest(const Config& config, Millis since, const Clock& clock,
                           const AskingProgress& progress, std::stop_token stop);

}  // namespace o2o

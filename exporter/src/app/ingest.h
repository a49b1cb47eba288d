// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "app/catch_up.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"

namespace o2o {

// `o2o-exporter ingest`: one catch-up run of the configuration's OMS source, without pollers or HTTP.
// `progress` may be empty.
[[nodiscard]] Result<CaughtUp> RunIngest(const Config& config, const CatchUpRange& range, const Clock& clock,
                                         const CatchUpProgress& progress, std::stop_token stop);

}  // namespace o2o

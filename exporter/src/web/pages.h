// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "app/app.h"
#include "app/reloads.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "web/web_route.h"

namespace o2o {

// Shown by the pages, and read at each request. Everything must outlive the server.
struct PageInputs {
  App& app;
  const SnapshotBoard& board;
  const ExporterMetrics& metrics;
  const Clock& clock;
  std::function<bool()> stopping;
  std::function<ReloadAnswer()> reload;  // asks for a reload, and waits for it within bounds
};

// Every path of the program: /metrics, /, /health, /ready, /-/healthy, /-/ready, /-/reload, /api/v1/sources,
// /api/vendor-codes, /api/NAME, /runbooks/NAME.
std::vector<WebRoute> MakeRoutes(const PageInputs& inputs);

}  // namespace o2o

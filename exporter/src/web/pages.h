// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/app.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "web/web_server.h"

namespace o2o {

// What the pages show. All of it is read at each request; everything must outlive the server.
struct PageInputs {
  std::function<std::shared_ptr<App>()> app;  // the current one: a reload replaces it
  const SnapshotBoard& board;
  const ExporterMetrics& metrics;
  const Clock& clock;
  std::function<bool()> stopping;
  std::function<Result<void>()> reload;  // applies the configuration anew, whole or not at all
};

// Every path of the program: /metrics, /, /health, /ready, /-/healthy, /-/ready, /-/reload, /api/v1/sources.
std::vector<WebRoute> MakeRoutes(const PageInputs& inputs);

}  // namespace o2o

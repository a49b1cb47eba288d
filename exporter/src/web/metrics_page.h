// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "web/web_route.h"

namespace o2o {

// The answer to a scrape: the sources' published series and the exporter's own metrics, in the format and
// encoding that the request prefers.
WebResponse MetricsPage(const WebRequest& request, const SnapshotBoard& board,
                        const ExporterMetrics& metrics);

}  // namespace o2o

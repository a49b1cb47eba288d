// SPDX-License-Identifier: Apache-2.0
#include "web/metrics_page.h"

#include <memory>
#include <utility>

#include "metrics/exposition.h"
#include "metrics/process_metrics.h"

namespace o2o {

WebResponse MetricsPage(const WebRequest& request, const SnapshotBoard& board,
                        const ExporterMetrics& metrics) {
  const ExpositionFormat format = NegotiateFormat(request.accept);
  SnapshotBoard::Snapshots snapshots = board.Read();
  snapshots.emplace("", metrics.Read());  // no source has this name
  const auto exposition =
      Compose(std::move(snapshots), ProcessText(format), format, AcceptsGzip(request.accept_encoding));
  WebResponse response;
  response.content_type = exposition->content_type;
  response.headers = {{"Vary", "Accept, Accept-Encoding"}};
  if (exposition->gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.parts = exposition->parts;
  response.parts_owner = exposition;
  return response;
}

}  // namespace o2o

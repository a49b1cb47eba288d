// SPDX-License-Identifier: Apache-2.0
#include "web/metrics_page.h"

#include <memory>

#include "metrics/exposition.h"

namespace o2o {

WebResponse MetricsPage(const WebRequest& request, const SnapshotBoard& board,
                        const ExporterMetrics& metrics) {
  const ExpositionFormat format = NegotiateFormat(request.accept);
  const auto exposition =
      Compose(board.Read(), metrics.RenderText(format), format, AcceptsGzip(request.accept_encoding));
  WebResponse response;
  response.content_type = exposition->content_type;
  response.headers = {{"Vary", "Accept, Accept-Encoding"}};
  if (exposition->gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.parts = exposition->parts;
  response.parts_owner = exposition;
  return response;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "web/web_route.h"

namespace o2o {

// The body of an answer with every secret in it masked (base/redaction.h), so that it stays what its content
// type says: JSON stays JSON, and HTML is masked between its tags. Each answer passes here once, right before
// it is sent, whatever its page has done already.
//
// `parts` do not: they are the blocks of /metrics and the rows of /api/NAME. Those are immutable, were masked
// when they were published (metrics/snapshot, mapping/label_key, app/poller), and what became a secret only
// afterwards was there for everybody before. So no scrape costs a search through megabytes.
std::string MaskedBody(const WebResponse& response);

}  // namespace o2o

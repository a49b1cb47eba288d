// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/web_route.h"

namespace o2o {

// Whether a browser sends this request for a page of somebody else's: then it acts without its user's
// knowledge. Sec-Fetch-Site and Origin say so; as to the rest, a browser's request counts as our own page's
// only where Host is an address or localhost, since any other name may have been pointed at this machine by
// whoever owns the name. Clients that are no browsers (curl, Prometheus' tools) send neither header, and are
// never cross-site.
bool IsCrossSite(const WebRequest& request);

}  // namespace o2o

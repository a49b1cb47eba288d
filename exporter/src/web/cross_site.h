// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/web_route.h"

namespace o2o {

// Whether a browser sends this request on behalf of another site's page: then it acts without its user's
// knowledge. Sec-Fetch-Site and Origin say so; as to the rest, a browser's request counts as our own page's
// only where Host is an address or localhost, since the owner of any other name may have pointed it at this
// machine. Clients that are not browsers (curl, Prometheus' tools) send neither header, and are never
// cross-site.
bool IsCrossSite(const WebRequest& request);

}  // namespace o2o

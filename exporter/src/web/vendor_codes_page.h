// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "metrics/snapshot.h"
#include "web/web_route.h"

namespace o2o {

// The page of /api/vendor-codes: the codes of all vendors that any source's last rows or their series name,
// once each, sorted.
WebResponse VendorCodesPage(const std::map<std::string, LastRows>& rows);

}  // namespace o2o

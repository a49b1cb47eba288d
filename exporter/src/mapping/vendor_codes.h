// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "metrics/snapshot.h"

namespace o2o {

// Whether a column holds vendors' codes: "Vendor Code", "vendor_code", "VENDORCODE", as loosely as a mapping
// names columns.
bool IsVendorCode(std::string_view column);

// What the series say beside the `kept` rows, of `rows` in all, whose codes are in `vendors`: their labels
// `vendor_code`. Codes are complete where every row was kept or names no vendor, or where each is a series
// that names its vendor; not where a mapping leaves rows out.
void AddPublishedVendors(VendorCodes& vendors, std::size_t kept, std::size_t rows,
                         const std::vector<Family>& families);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time_text.h"
#include "orders/order.h"
#include "orders/order_limits.h"

namespace o2o {

// The body of an answer of the OMS as a page of orders. Pure. Rows beyond `max_rows` fail the page with
// kTooLarge. `oms_now`: the answer's Date, which becomes the page's.
[[nodiscard]] Result<OrderPage> ParseOrderPage(std::string body, const TimeZone& timezone,
                                               std::size_t max_rows = MaxPageRows(kDefaultMaxLimit),
                                               std::optional<Timestamp> oms_now = std::nullopt);

}  // namespace o2o

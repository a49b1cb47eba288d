// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "orders/order.h"

namespace o2o {

// A page with each order once, sorted by id (bytewise, as PostgreSQL's COLLATE "C").
struct NewestRows {
  std::vector<const Order*> rows;  // point into the page
  std::int64_t repeated = 0;       // left out: equal to the row that stays
  std::int64_t superseded = 0;     // left out: older than the row that stays
};

// Of several rows of one order the newest stays, by the rule of merge_staged_orders in exporter/sql: a row
// dated more than a minute beyond `oms_now` only where there is no other; then the later updated_at; then the
// status further down the list (as order_status_is_newer has it for one time of answering); then the row
// further down the page.
NewestRows PickNewestRows(const std::vector<Order>& orders, const std::vector<StatusRule>& statuses,
                          Timestamp oms_now);

}  // namespace o2o

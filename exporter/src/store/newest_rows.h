// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "orders/order.h"

namespace o2o {

// A page with each order once, sorted by id (bytewise, as PostgreSQL's COLLATE "C").
struct NewestRows {
  std::vector<const Order*> rows;  // point into the page
  std::int64_t repeated = 0;       // dropped: equal to the row that stays
  std::int64_t superseded = 0;     // dropped: older than the row that stays
};

// Of several rows of one order the newest stays, by the rule by which update_staged_orders in exporter/sql
// lets a row replace the stored one: a row dated more than a minute beyond `oms_now` only where there is no
// other, or where the others are of an earlier status; then the later updated_at; then the status further
// down the list (as order_status_is_newer has it for one time of answering); then the row further down the
// page.
//
// The rule is in SQL for all writers. It is here once more because a page is sorted by id before it is staged
// in any case: in SQL the rows of each order would cost a second sort of 100,000 staged rows, with a function
// call for each comparison. same_time_test holds the two together. They differ in one case: a future row that
// comes after a present one is stored if it is alone on its page, where it is all that the OMS shows.
NewestRows PickNewestRows(const std::vector<Order>& orders, const std::vector<StatusRule>& statuses,
                          Timestamp oms_now);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "orders/order.h"
#include "store/pg_session.h"

// The table rejected_orders: distinct rows that could not be stored, bounded in number, size and age.
namespace o2o {

// Makes the temporary table that KeepRejected() needs, unless it is there.
void PrepareRejectStaging(PgTransaction& tx);

// Adds those that are not there yet; how many these were.
std::int64_t KeepRejected(PgTransaction& tx, const std::vector<RejectedRow>& rejected,
                          const std::string& source, const RejectedRowsConfig& limits);

// Deletes those that are too old or too many, the oldest first; only where there are more than `more_than`.
void PruneRejected(PgTransaction& tx, const RejectedRowsConfig& limits, std::int64_t more_than);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "orders/order.h"
#include "store/pg_session.h"

// The tables and functions of exporter/sql in the database: brought up to date, with the configured statuses
// and order types mirrored into them. Failures throw PgFailure.
namespace o2o {

// For each new connection.
void PrepareSchema(PgSession& session, const std::vector<StatusRule>& statuses,
                   const std::vector<std::string>& order_types);

// Fails, with what is wrong, if orders would not be counted: triggers that are off, rows that are hidden,
// parts that a restore left out. Merging a page includes this check.
void CheckCounting(PgTransaction& tx);

}  // namespace o2o

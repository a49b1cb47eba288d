// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "store/pg_connection.h"

// Times travel from PostgreSQL as microseconds since 1970.
namespace o2o {

// SQL for a time. PostgreSQL has times that we do not support (infinity is one): they become the first or the
// last time that the OMS can send, since one odd row must not hide all others.
std::string MicrosOf(const std::string& expression);

// What MicrosOf() selected into that column.
Timestamp TimeAt(const PgRow& row, int column);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "store/pg_time.h"

#include <chrono>

namespace o2o {

std::string MicrosOf(const std::string& expression) {
  const std::string first = "'1970-01-01Z'", last = "'2200-12-31 23:59:59Z'";
  return "(extract(epoch FROM CASE WHEN " + expression + " < " + first + " THEN " + first + " WHEN " +
         expression + " > " + last + " THEN " + last + " ELSE " + expression + " END) * 1000000)::bigint";
}

Timestamp TimeAt(const PgRow& row, int column) {
  return Timestamp(std::chrono::microseconds(row.Integer(column)));
}

}  // namespace o2o

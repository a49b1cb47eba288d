// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <vector>

#include "embedded/kSql_001_tables.h"
#include "embedded/kSql_002_counting.h"
#include "embedded/kSql_003_merge.h"
#include "embedded/kSql_004_batch.h"

namespace o2o {

std::span<const Migration> Migrations() {
  static const std::vector<Migration> migrations = {
      {1, "001_tables.sql", embedded::kSql_001_tables},
      {2, "002_counting.sql", embedded::kSql_002_counting},
      {3, "003_merge.sql", embedded::kSql_003_merge},
      {4, "004_batch.sql", embedded::kSql_004_batch},
  };
  return migrations;
}

}  // namespace o2o

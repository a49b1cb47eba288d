// SPDX-License-Identifier: Apache-2.0
// Instead of store/migrations.cc: the scripts come from the folder that O2O_MUTANT_SQL names, so that a
// test program linked once runs with any of them.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "store/migrations.h"

namespace o2o {
namespace {

// Lives as long as the program: migrations refer to it.
std::string_view ReadScript(const std::string& name) {
  const char* folder = std::getenv("O2O_MUTANT_SQL");
  std::ifstream file(std::string(folder ? folder : ".") + "/" + name);
  return *new std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

std::span<const Migration> Migrations() {
  static const std::vector<Migration> migrations = {
      {1, "001_tables.sql", ReadScript("001_tables.sql")},
      {2, "002_counting.sql", ReadScript("002_counting.sql")},
      {3, "003_merge.sql", ReadScript("003_merge.sql")},
      {4, "004_batch.sql", ReadScript("004_batch.sql")},
  };
  return migrations;
}

}  // namespace o2o

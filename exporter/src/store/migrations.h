// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace o2o {

// One script of exporter/sql. It notes its own version in schema_migrations.
struct Migration {
  int version;
  std::string_view file;
  std::string_view sql;
};

// All of them, oldest first.
std::span<const Migration> Migrations();

}  // namespace o2o

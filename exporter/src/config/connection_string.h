// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace o2o {

// What is wrong with a PostgreSQL connection string or URI, as far as that shows without a server: "is
// malformed, want ...". Quotes nothing of it: any piece may belong to the password.
std::optional<std::string> ConnectionStringProblem(const Secret& dsn);

// libpq's keywords and their values.
using ConnectionSettings = std::vector<std::pair<std::string, std::string>>;

// What the string sets, as libpq reads it; empty where it is malformed.
ConnectionSettings ParseConnectionString(const Secret& dsn);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace o2o {

// Keywords of libpq and their values.
using ConnectionSettings = std::vector<std::pair<std::string, std::string>>;

// What a PostgreSQL connection string or URI sets, read as libpq reads it; or what is wrong with it, as far
// as that shows without a server: "is malformed, want ...". The message quotes nothing of it: any piece may
// belong to the password.
Result<ConnectionSettings> ParseConnectionString(const Secret& dsn);

}  // namespace o2o

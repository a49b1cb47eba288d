// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

// libpq connection strings: what the user's own text does not say, and what of libpq's messages may be shown.
namespace o2o {

using ConnectionSettings = std::vector<std::pair<std::string, std::string>>;

// The user's string or URI with `defaults` for keys that it does not set. Names and values of defaults need
// no quoting.
std::string WithDefaults(const Secret& dsn, const ConnectionSettings& defaults);

// One line for people about why no connection came about. libpq quotes what it could not parse, which may be
// a piece of the password: only messages of known shape pass, without anything quoted that is no plain name.
std::string DescribeConnectFailure(std::string_view message, const Secret& dsn);

}  // namespace o2o

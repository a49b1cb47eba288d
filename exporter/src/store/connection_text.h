// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/connection_string.h"

// What the user's connection string does not say, and what of libpq's messages about it may be shown.
namespace o2o {

// The user's settings, and `defaults` for keywords that they do not set.
ConnectionSettings WithDefaults(ConnectionSettings settings, const ConnectionSettings& defaults);

// One line for people about why no connection came about. libpq quotes what it could not parse, which may be
// a piece of the password: only messages of known shape pass, without anything quoted that is no plain name.
std::string DescribeConnectFailure(std::string_view message, const ConnectionSettings& settings);

}  // namespace o2o

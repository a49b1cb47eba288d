// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/connection_string.h"

// Where a connection may be tried.
namespace o2o {

// The settings, with `defaults` for keywords that they do not set.
ConnectionSettings WithDefaults(ConnectionSettings settings, const ConnectionSettings& defaults);

// One set of settings for each address of each host, in libpq's order. With several servers, only one that
// accepts writes counts as connected, unless the settings say otherwise (target_session_attrs). Asks DNS.
std::vector<ConnectionSettings> AddressesOf(const ConnectionSettings& settings);

}  // namespace o2o

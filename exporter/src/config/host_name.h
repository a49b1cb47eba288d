// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The parts of which listen addresses and URLs are made.
namespace o2o {

// A host name, or an IPv4 address: a name of nothing but digits and dots is a mistyped address.
bool IsHost(std::string_view text);

// "[::1]".
bool IsIpv6Literal(std::string_view text);

// A number from 0 to 65535.
bool IsPort(std::string_view text);

}  // namespace o2o

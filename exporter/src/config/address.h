// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// What is wrong with an address that a user gave, and what would be right; nothing if it is good. The text
// does not repeat the address, which may hold a password by mistake.
namespace o2o {

// "[host]:port" to listen on; the host is an IPv4 address, a name, or empty for every address.
std::optional<std::string> ListenAddressProblem(std::string_view address);

// The base URL of an upstream: http or https, a host, no user, no query.
std::optional<std::string> UrlProblem(std::string_view url);

}  // namespace o2o

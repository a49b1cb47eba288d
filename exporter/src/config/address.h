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

// What is particular to one kind of URL.
struct UrlRules {
  std::string_view example = "https://oms.example.com";
  std::string_view instead_of_user = "use api_key";  // where a user and a password belong
  bool query = false;                                // whether it may have one
};

// The URL of an upstream: http or https, a host, no user, no fragment.
std::optional<std::string> UrlProblem(std::string_view url, const UrlRules& rules = {});

}  // namespace o2o

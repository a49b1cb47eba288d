// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// What is particular to one kind of URL.
struct UrlRules {
  std::string_view example = "https://oms.example.com";
  std::string_view instead_of_user = "use api_key";  // where a user and a password belong
  bool query = false;                                // whether it may have one
};

// What is wrong with the URL of an upstream, and what would be right; nothing if it is good: http or https, a
// host, no user, no fragment. The text does not repeat the URL, which may hold a password by mistake.
std::optional<std::string> UrlProblem(std::string_view url, const UrlRules& rules = {});

}  // namespace o2o

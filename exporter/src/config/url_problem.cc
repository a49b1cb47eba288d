// SPDX-License-Identifier: Apache-2.0
#include "config/url_problem.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "config/host_name.h"

namespace o2o {

std::optional<std::string> UrlProblem(std::string_view url, const UrlRules& rules) {
  const std::string want = ", want one like " + std::string(rules.example);
  std::string_view rest = url;
  const std::string scheme = LowerCase(rest.substr(0, rest.find("://")));
  if (scheme.size() == rest.size() || (scheme != "http" && scheme != "https")) {
    return "is not an http or https URL" + want;
  }
  rest.remove_prefix(scheme.size() + std::string_view("://").size());
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~' || c == '\\'; })) {
    return "holds a blank or another character that a URL must not hold" + want;
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return "holds a user or password, leave user:password@ out and " + std::string(rules.instead_of_user);
  }
  if (!rules.query && rest.find_first_of("?#") != std::string_view::npos) {
    return "holds a query or fragment, leave out everything from ? or # on";
  }
  if (rest.find('#') != std::string_view::npos) {
    return "holds a fragment, leave out everything from # on";
  }
  std::string_view host = authority;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && !authority.ends_with(']')) {
    const std::string_view port = authority.substr(colon + 1);
    if (!IsPort(port) || port.find_first_not_of('0') == std::string_view::npos) {
      return "has no valid port, want one from 1 to 65535";
    }
    host = authority.substr(0, colon);
  }
  if (!IsHost(host) && !IsIpv6Literal(host)) return "has no valid host" + want;
  return std::nullopt;
}

}  // namespace o2o

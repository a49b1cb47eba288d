// SPDX-License-Identifier: Apache-2.0
#include "config/address.h"

#include <algorithm>

#include "base/ascii.h"

namespace o2o {
namespace {

bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }

// A decimal number from 0 to `max` of at most five digits.
bool IsNumberUpTo(std::string_view text, int max) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), IsDigit)) return false;
  int number = 0;
  for (char c : text) number = number * 10 + (c - '0');
  return number <= max;
}

// Calls `check` with each part between dots; false as soon as one is refused.
template <typename Check>
bool AllParts(std::string_view text, Check check) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!check(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsIpv4(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 3 && AllParts(text, [](std::string_view part) {
           return IsNumberUpTo(part, 255) && part.size() <= 3 && (part.size() == 1 || part[0] != '0');
         });
}

// A host name, or an IPv4 address: a name of nothing but digits and dots is a mistyped address.
bool IsHost(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return IsIpv4(text);
  return AllParts(text, [](std::string_view part) {
    return !part.empty() && part.size() <= 63 && part.front() != '-' && part.back() != '-' &&
           std::all_of(part.begin(), part.end(), [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
  });
}

bool IsIpv6Literal(std::string_view text) {
  return text.size() >= 4 && text.front() == '[' && text.back() == ']' &&
         std::count(text.begin(), text.end(), ':') >= 2 &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

}  // namespace

std::optional<std::string> ListenAddressProblem(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return "has no port, want [host]:port like :9847";
  const std::string_view host = address.substr(0, colon);
  if (!IsNumberUpTo(address.substr(colon + 1), 65535)) {
    return "has no valid port, want [host]:port with a port from 0 to 65535, like :9847";
  }
  if (host.starts_with('[') || host.find(':') != std::string_view::npos) {
    return "is an IPv6 address, but the server speaks IPv4 only, want a port alone (:9847) or an IPv4 "
           "address "
           "(127.0.0.1:9847)";
  }
  if (!host.empty() && !IsHost(host)) {
    return "has no valid host, want an IPv4 address, a name, or none for every address, like :9847";
  }
  return std::nullopt;
}

std::optional<std::string> UrlProblem(std::string_view url, const UrlRules& rules) {
  const std::string want = ", want one like " + std::string(rules.example);
  std::string_view rest = url;
  if (StartsWithIgnoringCase(rest, "http://")) {
    rest.remove_prefix(7);
  } else if (StartsWithIgnoringCase(rest, "https://")) {
    rest.remove_prefix(8);
  } else {
    return "is not an http or https URL" + want;
  }
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~' || c == '\\'; })) {
    return "holds a blank or a character that does not belong into a URL" + want;
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
    if (!IsNumberUpTo(port, 65535) || port.find_first_not_of('0') == std::string_view::npos) {
      return "has no valid port, want one from 1 to 65535";
    }
    host = authority.substr(0, colon);
  }
  if (!IsHost(host) && !IsIpv6Literal(host)) return "has no valid host" + want;
  return std::nullopt;
}

}  // namespace o2o

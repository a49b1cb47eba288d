// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <algorithm>

namespace o2o {

std::optional<UrlHost> HostOfUrl(std::string_view url) {
  const std::size_t scheme = url.find_first_of(":/?#");
  if (scheme == std::string_view::npos || !url.substr(scheme).starts_with("://")) return std::nullopt;
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t user = url.rfind('@');
  if (user != std::string_view::npos) url.remove_prefix(user + 1);

  const std::size_t address = url.starts_with('[') ? url.find(']') : 0;
  if (address == std::string_view::npos) return std::nullopt;
  const std::size_t colon = url.find(':', address);
  return UrlHost{url.substr(0, colon), url};
}

std::string UrlEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string WithParameter(std::string_view url, std::string_view name, std::string_view value) {
  url = url.substr(0, url.find('#'));
  const std::string encoded = UrlEncode(name);
  const std::string parameter = encoded + "=" + UrlEncode(value);
  const std::size_t mark = url.find('?');
  std::string changed(url.substr(0, mark));
  std::string_view query = mark == std::string_view::npos ? std::string_view() : url.substr(mark + 1);
  char before = '?';
  bool is_set = false;
  const auto append = [&](std::string_view pair) {
    changed += before;
    changed += pair;
    before = '&';
  };
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::string_view key = pair.substr(0, pair.find('='));
    const bool is_it = key == name || key == encoded;
    if (!is_it) append(pair);
    if (is_it && !is_set) append(parameter);
    is_set |= is_it;
  }
  if (!is_set) append(parameter);
  return changed;
}

}  // namespace o2o

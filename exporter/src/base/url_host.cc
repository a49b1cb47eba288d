// SPDX-License-Identifier: Apache-2.0
#include "base/url_host.h"

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

}  // namespace o2o

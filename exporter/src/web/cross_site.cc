// SPDX-License-Identifier: Apache-2.0
#include "web/cross_site.h"

#include <arpa/inet.h>

#include <string>
#include <string_view>

namespace o2o {
namespace {

// Without its port, and the brackets of an IPv6 address.
std::string HostName(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
  return std::string(host.substr(0, host.find(':')));
}

bool NamesThisMachineBeyondDoubt(std::string_view host) {
  const std::string name = HostName(host);
  unsigned char address[sizeof(in6_addr)];
  return name == "localhost" || inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

}  // namespace

bool IsCrossSite(const WebRequest& request) {
  const bool from_browser = !request.origin.empty() || !request.sec_fetch_site.empty();
  if (!from_browser) return false;
  if (!request.sec_fetch_site.empty() && request.sec_fetch_site != "same-origin" &&
      request.sec_fetch_site != "none") {
    return true;
  }
  if (!request.origin.empty() && request.origin != "http://" + request.host &&
      request.origin != "https://" + request.host) {
    return true;
  }
  return !NamesThisMachineBeyondDoubt(request.host);
}

}  // namespace o2o

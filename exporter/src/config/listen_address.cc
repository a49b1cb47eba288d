// SPDX-License-Identifier: Apache-2.0
#include "config/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "config/host_name.h"

namespace o2o {

std::optional<std::string> ListenAddressProblem(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return "has no port, want [host]:port like :9847";
  const std::string_view host = address.substr(0, colon);
  if (!IsPort(address.substr(colon + 1))) {
    return "has no valid port, want [host]:port with a port from 0 to 65535, like :9847";
  }
  if (host.starts_with('[') || host.find(':') != std::string_view::npos) {
    return "is an IPv6 address, but the server speaks IPv4 only, want a port alone (:9847) or an IPv4 "
           "address (127.0.0.1:9847)";
  }
  if (!host.empty() && !IsHost(host)) {
    return "has no valid host, want an IPv4 address, a name, or none for every address, like :9847";
  }
  return std::nullopt;
}

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const std::string what = "listen address \"" + text + "\" ";
  if (const auto problem = ListenAddressProblem(text)) return Fail(ErrorCode::kConfig, what + *problem);
  const auto colon = text.rfind(':');
  const std::string host = colon == 0 ? "0.0.0.0" : text.substr(0, colon);
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return Fail(ErrorCode::kConfig,
                what + "has a host that does not resolve to an IPv4 address on this machine");
  }
  char dotted[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_addr, dotted, sizeof(dotted));
  freeaddrinfo(found);
  return ListenAddress{dotted, std::stoi(text.substr(colon + 1))};
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/listen_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace o2o {
namespace {

sockaddr_in ToSockaddr(const ListenAddress& address) {
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_port = htons(static_cast<std::uint16_t>(address.port));
  inet_pton(AF_INET, address.host.c_str(), &native.sin_addr);
  return native;
}

}  // namespace

std::string WhyNotListening(const ListenAddress& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in native = ToSockaddr(address);
  const bool bound =
      bind(fd, reinterpret_cast<const sockaddr*>(&native), sizeof(native)) == 0 && listen(fd, 1) == 0;
  const int error = errno;
  close(fd);
  if (bound)
    return "the server did not start, perhaps for lack of threads or memory; --log.level=debug shows more";
  if (error == EADDRINUSE)
    return "another program is already listening there; stop it or choose another port";
  if (error == EACCES) return "not permitted; ports below 1024 are for root";
  if (error == EADDRNOTAVAIL) return "this machine has no such address";
  return std::strerror(error);
}

void Knock(ListenAddress address) {
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const sockaddr_in native = ToSockaddr(address);
  (void)!connect(fd, reinterpret_cast<const sockaddr*>(&native), sizeof(native));
  close(fd);
}

}  // namespace o2o

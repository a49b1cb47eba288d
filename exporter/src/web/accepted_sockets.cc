// SPDX-License-Identifier: Apache-2.0
#include "web/accepted_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "base/open_descriptors.h"

namespace o2o {
namespace {

using NameOf = int (*)(int, sockaddr*, socklen_t*);

std::optional<sockaddr_in> Address(int fd, NameOf name_of) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (name_of(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  if (address.sin_family != AF_INET) return std::nullopt;
  return address;
}

std::string PeerText(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return Peer(text, ntohs(address.sin_port));
}

std::uint64_t TakenBytes(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

std::size_t UnreadBytes(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

AcceptedSocket::AcceptedSocket(AcceptedSocket&& other) noexcept
    : id(other.id),
      peer(std::move(other.peer)),
      taken(other.taken),
      unread(other.unread),
      fd_(std::exchange(other.fd_, -1)) {}

AcceptedSocket::~AcceptedSocket() {
  if (fd_ >= 0) close(fd_);
}

void AcceptedSocket::Reset() const {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shutdown(fd_, SHUT_RDWR);
}

std::string Peer(const std::string& address, int port) { return address + ":" + std::to_string(port); }

std::vector<AcceptedSocket> AcceptedSockets(int local_port) {
  std::vector<AcceptedSocket> accepted;
  for (const int fd : OpenDescriptors()) {
    const auto is_ours = [local_port](int candidate) {
      const auto local = Address(candidate, getsockname);
      return local && ntohs(local->sin_port) == local_port;
    };
    if (!is_ours(fd)) continue;
    const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0) continue;
    AcceptedSocket socket(own);
    // Asked again: by now the number may belong to another descriptor, which is not ours to touch.
    const auto peer = Address(own, getpeername);
    struct stat status {};
    if (!is_ours(own) || !peer || fstat(own, &status) != 0) continue;
    socket.id = status.st_ino;
    socket.peer = PeerText(*peer);
    socket.taken = TakenBytes(own);
    socket.unread = UnreadBytes(own);
    accepted.push_back(std::move(socket));
  }
  return accepted;
}

}  // namespace o2o

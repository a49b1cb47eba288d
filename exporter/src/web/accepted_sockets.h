// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace o2o {

// A connection to a port of this process, as the kernel knows it. Holds a descriptor of its own, so that it
// stays the same connection whatever the server does meanwhile.
class AcceptedSocket {
 public:
  explicit AcceptedSocket(int own_descriptor) : fd_(own_descriptor) {}
  ~AcceptedSocket();
  AcceptedSocket(AcceptedSocket&& other) noexcept;
  AcceptedSocket& operator=(AcceptedSocket&& other) = delete;

  std::uint64_t id = 0;     // never the same for two sockets that are open
  std::string peer;         // Peer()
  std::uint64_t taken = 0;  // bytes that the peer's kernel has acknowledged
  std::size_t unread = 0;   // bytes that have come and that nobody has read yet

  // Ends the connection at once, unsent bytes are discarded. Reading and writing fail from now on; closing
  // is still the server's.
  void Reset() const;

 private:
  int fd_;
};

// As in AcceptedSocket::peer.
std::string Peer(const std::string& address, int port);

// All open ones, IPv4. civetweb does not report which descriptor a connection has, so all descriptors of the
// process are searched.
std::vector<AcceptedSocket> AcceptedSockets(int local_port);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace o2o::testing {

// A connection whose every byte the test decides. Waits at most ten seconds.
class RawClient {
 public:
  // `receive_buffer`: bytes that the kernel takes for a client that does not read; 0 leaves it to the kernel.
  explicit RawClient(int port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server has gone or takes nothing for ten seconds.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!Wait(POLLOUT)) return false;
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EAGAIN) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // At most `bytes`; nothing at the end of the connection.
  std::string Receive(std::size_t bytes) {
    if (!Wait(POLLIN)) throw std::runtime_error("no answer within ten seconds");
    std::string text(bytes, '\0');
    const ssize_t count = recv(fd_, text.data(), bytes, 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

  // At most `bytes` of what is there already.
  void Sip(std::size_t bytes) {
    std::string text(bytes, '\0');
    (void)!recv(fd_, text.data(), bytes, MSG_DONTWAIT);
  }

  // False once the server's end of the connection has come; asked where the server has sent nothing.
  bool IsOpen() const {
    char byte = 0;
    return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

  std::string ReceiveAll() {
    std::string all;
    for (std::string piece = Receive(65536); !piece.empty(); piece = Receive(65536)) all += piece;
    return all;
  }

 private:
  bool Wait(short events) {
    pollfd ready{fd_, events, 0};
    return poll(&ready, 1, 10'000) == 1;
  }

  const int fd_;
};

struct RawResponse {
  int status = 0;
  std::string head;  // status line and headers
  std::string body;

  // The value of a header, nothing if there is none.
  std::string Header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto start = at + 2 + name.size() + 2;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

inline RawResponse ParseResponse(const std::string& bytes) {
  RawResponse response;
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return response;
  response.head = bytes.substr(0, end + 2);
  response.body = bytes.substr(end + 4);
  if (response.head.starts_with("HTTP/1.1 ")) response.status = std::atoi(response.head.c_str() + 9);
  return response;
}

// `headers`: lines, each with its line end.
inline RawResponse Ask(int port, const std::string& method, const std::string& target,
                       const std::string& headers = {}) {
  RawClient client(port);
  client.Send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  return ParseResponse(client.ReceiveAll());
}

}  // namespace o2o::testing

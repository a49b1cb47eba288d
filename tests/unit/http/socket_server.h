// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace o2o::testing {

// One accepted connection, as a test's script sees it. Waits end when the server is destroyed.
class Peer {
 public:
  Peer(int fd, std::stop_token stop) : fd_(fd), stop_(std::move(stop)) {}

  // Up to the blank line behind the headers; empty when the client has gone.
  std::string ReadRequest() {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
      if (!WaitReadable()) return {};
      char bytes[4096];
      const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
      if (count <= 0) return {};
      request.append(bytes, static_cast<std::size_t>(count));
    }
    return request;
  }

  // False when the client has gone.
  bool Write(std::string_view text) {
    while (!text.empty()) {
      pollfd ready{fd_, POLLOUT, 0};
      if (stop_.stop_requested()) return false;
      if (poll(&ready, 1, 20) == 0) continue;
      const ssize_t count = send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // Until the client hangs up.
  void WaitForEnd() {
    char byte;
    while (WaitReadable() && recv(fd_, &byte, 1, 0) > 0) {
    }
  }

  // The connection's end is a reset instead of an orderly close.
  void Reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  bool stopping() const { return stop_.stop_requested(); }

 private:
  bool WaitReadable() {
    while (!stop_.stop_requested()) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, 20) > 0) return true;
    }
    return false;
  }

  int fd_;
  std::stop_token stop_;
};

// A TCP server on a free port of 127.0.0.1. Runs `script` for each connection, one after the other, and
// closes it when the script returns.
class SocketServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit SocketServer(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, generic, length) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, generic, &length) != 0) {
      throw std::runtime_error("no port for the test server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { Serve(std::move(stop)); });
  }

  ~SocketServer() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
  }

  std::string Url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  void Serve(std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, 20) <= 0) continue;
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      Peer peer(fd, stop);
      script_(peer);
      close(fd);
    }
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  int connections_ = 0;
  std::jthread thread_;
};

}  // namespace o2o::testing

// SPDX-License-Identifier: Apache-2.0
#include "web/slow_clients.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "unit/web/raw_client.h"

namespace o2o {
namespace {

using testing::RawClient;

// A server that accepts and does no more.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd_, 8) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() {
    for (const int fd : accepted_) close(fd);
    close(fd_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }
  // The port of the next client.
  int Accept() {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    accepted_.push_back(accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
    return ntohs(peer.sin_port);
  }
  void SendToLast(std::string_view bytes) const {
    EXPECT_EQ(send(accepted_.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  const int fd_;
  int port_ = 0;
  std::vector<int> accepted_;
};

TEST(SlowClientsTest, ACrowdedServerKeepsAClientThatItServesAndDropsOneThatAsks) {
  Listener server;
  SlowClients clients(2);
  clients.Watch(server.port());
  RawClient asking(server.port());
  (void)server.Accept();
  RawClient served(server.port());
  const int served_port = server.Accept();
  const SlowClients::Serving serving(clients, "127.0.0.1", served_port);
  clients.Connected();
  clients.Connected();

  EXPECT_EQ(asking.Receive(1), "");  // disconnected
  server.SendToLast("x");
  EXPECT_EQ(served.Receive(1), "x");
  clients.StopWatching();
}

TEST(SlowClientsTest, AClientWhoseRequestNoThreadHasReadYetIsNotSlow) {
  Listener server;
  SlowClients clients(1);
  clients.Watch(server.port());
  RawClient waiting(server.port());
  waiting.Send("GET / HTTP/1.1\r\n");
  (void)server.Accept();
  RawClient asking(server.port());
  (void)server.Accept();
  clients.Connected();

  EXPECT_EQ(asking.Receive(1), "");
  EXPECT_TRUE(waiting.Send("\r\n"));
  clients.StopWatching();
  // Its connection is still open.
  EXPECT_TRUE(waiting.IsOpen());
}

TEST(SlowClientsTest, OneThatIsServedNoLongerMustAskAgain) {
  Listener server;
  SlowClients clients(1);
  clients.Watch(server.port());
  RawClient client(server.port());
  const int port = server.Accept();
  std::optional<SlowClients::Serving> serving(std::in_place, clients, "127.0.0.1", port);
  clients.Connected();
  serving.reset();
  EXPECT_EQ(client.Receive(1), "");
  clients.StopWatching();
}

TEST(SlowClientsTest, StopsWithoutHavingWatched) {
  SlowClients clients(1);
  clients.Connected();
  clients.Closed();
  clients.StopWatching();
}

}  // namespace
}  // namespace o2o

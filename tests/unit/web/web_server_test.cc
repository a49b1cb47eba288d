// SPDX-License-Identifier: Apache-2.0
#include "web/web_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "unit/web/raw_client.h"
#include "unit/web/routes.h"

namespace o2o {
namespace {

using testing::Ask;
using testing::Gate;
using testing::ParseResponse;
using testing::Plain;
using testing::RawClient;
using testing::RawResponse;
using testing::Route;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A page far larger than what kernels buffer.
std::shared_ptr<const std::string> BigText() {
  static const auto text = [] {
    std::string page;
    for (int i = 0; i < 1000; ++i) page += "vendor_online{vendor_code=\"" + std::to_string(i) + "\"} 1\n";
    auto big = std::make_shared<std::string>();
    while (big->size() < 50u << 20) *big += page + std::to_string(big->size()) + "\n";
    return std::shared_ptr<const std::string>(big);
  }();
  return text;
}

WebResponse Big(const WebRequest&) {
  WebResponse response;
  response.body = "first\n";
  response.parts = {*BigText(), "last\n"};
  response.parts_owner = BigText();
  return response;
}

std::unique_ptr<WebServer> StartServer(std::vector<WebRoute> routes, int max_requests = 40) {
  auto server = WebServer::Start({"127.0.0.1:0", max_requests}, std::move(routes));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

std::vector<WebRoute> Pages() {
  (void)BigText();  // made now, or the first who ask for it hold all of max_requests meanwhile
  std::vector<WebRoute> routes;
  routes.push_back(Route("/", [](const WebRequest&) { return Plain("home\n"); }));
  routes.push_back(Route("/metrics", [](const WebRequest&) { return Plain("o2o_up 1\n"); }));
  routes.back().limited = true;
  routes.push_back(Route("/big", Big));
  routes.back().limited = true;
  routes.push_back(Route(
      "/-/reload", [](const WebRequest&) { return Plain("reloaded\n"); }, "POST"));
  routes.push_back(
      Route("/throws", [](const WebRequest&) -> WebResponse { throw std::runtime_error("boom"); }));
  routes.push_back(Route("/throws-odd", [](const WebRequest&) -> WebResponse { throw 7; }));
  routes.push_back(Route("/echo", [](const WebRequest& request) {
    return Plain(request.method + " " + request.path + " " + request.accept + " " + request.accept_encoding);
  }));
  return routes;
}

TEST(WebServer, AnswersExactlyItsPaths) {
  const auto server = StartServer(Pages());
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics").body, "o2o_up 1\n");
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics?name[]=x").body, "o2o_up 1\n");
  EXPECT_EQ(Ask(server->port(), "GET", "/").body, "home\n");
  for (const char* path : {"/metricsfoo", "/metrics/", "/metrics/x", "/metric", "/METRICS", "/-/reload/x",
                           "/nothing", "/../../etc/passwd", "/%2e%2e/etc/passwd"}) {
    const RawResponse response = Ask(server->port(), "GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_NE(response.body.find("GET /metrics\n"), std::string::npos) << path;
  }
}

TEST(WebServer, RefusesPathsThatOnlyBeginLikeItsOwn) {
  const auto server = StartServer(Pages());
  for (const char* path :
       {"/metrics%00", "/metrics%00x", "/%00/metrics", "/metrics%", "/metrics%2", "/metrics%zz"}) {
    EXPECT_EQ(Ask(server->port(), "GET", path).status, 404) << path;
  }
  EXPECT_EQ(Ask(server->port(), "GET", "/m%65trics").body, "o2o_up 1\n");
}

// RFC 9112, 3.2.2: a server must accept the absolute form, and it is not for this one to know its names.
TEST(WebServer, AnswersATargetWithAnyHost) {
  const auto server = StartServer(Pages());
  const std::string here = "http://127.0.0.1:" + std::to_string(server->port());
  for (const std::string& target :
       {here + "/metrics", here + "/metrics?x=/y", std::string("http://other.example/metrics"),
        std::string("http://other.example/metrics?x=1"), std::string("https://other.example:7/metrics")}) {
    EXPECT_EQ(Ask(server->port(), "GET", target).body, "o2o_up 1\n") << target;
  }
  EXPECT_EQ(Ask(server->port(), "GET", "http://other.example/metrics%00").status, 404);
  EXPECT_EQ(Ask(server->port(), "GET", "http://other.example/nothing").status, 404);
  EXPECT_EQ(Ask(server->port(), "OPTIONS", "*").status, 404);
}

TEST(WebServer, SendsWholeAnswersWithTheirHeaders) {
  const auto server = StartServer(Pages());
  const RawResponse response = Ask(server->port(), "GET", "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(response.Header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.Header("Content-Length"), "9");
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_EQ(response.Header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.Header("X-Frame-Options"), "DENY");
  EXPECT_EQ(response.Header("Content-Security-Policy"),
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
            "form-action 'none'");
  EXPECT_EQ(response.Header("Referrer-Policy"), "no-referrer");
  EXPECT_TRUE(response.Header("Date").ends_with(" GMT")) << response.Header("Date");
}

TEST(WebServer, HeadHasTheHeadersOfGetAndNoBody) {
  const auto server = StartServer(Pages());
  const RawResponse response = Ask(server->port(), "HEAD", "/big");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("Content-Length"), std::to_string(BigText()->size() + 11));
  EXPECT_EQ(response.body, "");
}

TEST(WebServer, RefusesOtherMethods) {
  const auto server = StartServer(Pages());
  const RawResponse trace = Ask(server->port(), "TRACE", "/metrics");
  EXPECT_EQ(trace.status, 405);
  EXPECT_NE(trace.Header("Allow"), "");
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const RawResponse response = Ask(server->port(), method, "/metrics", "Content-Length: 0\r\n");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.Header("Allow"), "GET, HEAD") << method;
  }
  const RawResponse response = Ask(server->port(), "GET", "/-/reload");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.Header("Allow"), "POST");
  EXPECT_EQ(Ask(server->port(), "POST", "/-/reload", "Content-Length: 0\r\n").body, "reloaded\n");
  EXPECT_EQ(Ask(server->port(), "OPTIONS", "/metrics",
                "Origin: http://evil.example\r\nAccess-Control-Request-Method: GET\r\n")
                .status,
            405);
}

TEST(WebServer, IgnoresARequestsBody) {
  const auto server = StartServer(Pages());
  for (const std::size_t size : {2u, 5000u, 16384u}) {
    RawClient client(server->port());
    client.Send("POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    // The body comes late and in pieces: a client that finds the connection closed before it has sent all may
    // not look for an answer.
    for (int half = 0; half < 2; ++half) {
      std::this_thread::sleep_for(20ms);
      EXPECT_TRUE(client.Send(std::string(size / 2, 'b'))) << size;
    }
    EXPECT_EQ(ParseResponse(client.ReceiveAll()).body, "reloaded\n") << size;
  }
}

TEST(WebServer, AHandlerThatThrowsIsA500AndTheServerKeepsServing) {
  const auto server = StartServer(Pages());
  for (const char* path : {"/throws", "/throws-odd"}) {
    const RawResponse response = Ask(server->port(), "GET", path);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("boom"), std::string::npos);
  }
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics").status, 200);
}

TEST(WebServer, PassesTheRequestToTheHandler) {
  const auto server = StartServer(Pages());
  EXPECT_EQ(
      Ask(server->port(), "GET", "/echo?q=1", "Accept: a/b\r\naccept: c/d;q=0.5\r\nAccept-Encoding: gzip\r\n")
          .body,
      "GET /echo a/b,c/d;q=0.5 gzip");
}

// No handler runs for what is not HTTP/1; what is odd but clear is an ordinary request.
TEST(WebServer, SurvivesGarbage) {
  const auto server = StartServer(Pages());
  struct Sent {
    std::string bytes;
    int status;
  };
  for (const Sent& sent : {
           Sent{"\r\n\r\n", 400},
           Sent{"GET\r\n\r\n", 400},
           Sent{"GET / HTTP/9.9\r\n\r\n", 505},
           Sent{"GET http://elsewhere.example/ HTTP/1.1\r\nHost: x\r\n\r\n", 200},
           Sent{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Sent{std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},  // TLS
           Sent{"GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n", 400},
           Sent{"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                200},
           Sent{"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 200},
           Sent{"POST /-/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
                200},
       }) {
    RawClient client(server->port());
    client.Send(sent.bytes);
    const std::string answer = client.ReceiveAll();
    // A server that closes with bytes unread resets the connection, which may overtake its answer.
    if (sent.bytes.size() < 10'000 || !answer.empty()) {
      EXPECT_EQ(ParseResponse(answer).status, sent.status) << sent.bytes.substr(0, 80);
    }
    EXPECT_EQ(Ask(server->port(), "GET", "/metrics").status, 200) << "after " << sent.bytes.substr(0, 80);
  }
}

TEST(WebServer, AnswersAMalformedRequestInPlainText) {
  const auto server = StartServer(Pages());
  RawClient client(server->port());
  client.Send("nonsense\r\n\r\n");
  const RawResponse response = ParseResponse(client.ReceiveAll());
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.Header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_TRUE(response.body.starts_with("400: ")) << response.body;
}

TEST(WebServer, AnswersManyAtOnce) {
  const auto server = StartServer(Pages(), 64);
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 32; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 20; ++i) good += Ask(server->port(), "GET", "/metrics").body == "o2o_up 1\n";
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 640);
}

TEST(WebServer, StuckClientsDoNotBlockAScrape) {
  const auto server = StartServer(Pages());
  std::vector<std::unique_ptr<RawClient>> stuck;
  for (int c = 0; c < 96; ++c) {
    stuck.push_back(std::make_unique<RawClient>(server->port(), 4096));
    if (c % 3 == 1) stuck.back()->Send("GET /metrics HTTP/1.1\r\nHost");
    if (c % 3 == 2) stuck.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const auto start = Steady::now();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Ask(server->port(), "GET", "/metrics").body, "o2o_up 1\n");
  // Well below the server's patience with the stuck ones.
  EXPECT_LT(Steady::now() - start, 3s);
}

TEST(WebServer, NeverReadingClientsDoNotUseUpMaxRequests) {
  const auto server = StartServer(Pages(), 2);
  std::vector<std::unique_ptr<RawClient>> stuck;
  for (int c = 0; c < 64; ++c) {
    stuck.push_back(std::make_unique<RawClient>(server->port(), 4096));
    stuck.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    if (c % 16 == 15) std::this_thread::sleep_for(20ms);
  }
  for (const auto& client : stuck) EXPECT_NE(client->Receive(12), "");  // each has its answer or its 503
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics").body, "o2o_up 1\n");
}

// More of them than the server has threads, and none of them quite stuck.
constexpr int kMany = 200;

// Does something to each client again and again, while it lives.
class Trickle {
 public:
  Trickle(std::vector<std::unique_ptr<RawClient>>& clients, std::function<void(RawClient&)> trickle)
      : thread_([&clients, trickle = std::move(trickle)](std::stop_token stop) {
          while (!stop.stop_requested()) {
            for (const auto& client : clients) trickle(*client);
            std::this_thread::sleep_for(100ms);
          }
        }) {}

 private:
  std::jthread thread_;
};

TEST(WebServer, VerySlowReadersDoNotStarveAScrape) {
  const auto server = StartServer(Pages());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int c = 0; c < kMany; ++c) {
    clients.push_back(std::make_unique<RawClient>(server->port(), 4096));
    clients.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const Trickle trickle(clients, [](RawClient& client) { client.Sip(200); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(server->port(), "GET", "/metrics").body, "o2o_up 1\n");
}

TEST(WebServer, RequestsSentByteByByteDoNotStarveAScrapeAndAreDisconnected) {
  const auto server = StartServer(Pages());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int c = 0; c < kMany; ++c) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->Send("GET /metrics HTTP/1.1\r\nX: ");
  }
  const Trickle trickle(clients, [](RawClient& client) { client.Send("x"); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask(server->port(), "GET", "/metrics").body, "o2o_up 1\n");
  for (const auto& client : clients) EXPECT_EQ(client->Receive(1), "");
}

TEST(WebServer, AFewSlowReadersAreNotDisconnected) {
  (void)BigText();  // made before the clock runs: it takes seconds under a sanitizer
  const auto server = StartServer(Pages());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int c = 0; c < 8; ++c) {
    clients.push_back(std::make_unique<RawClient>(server->port(), 65536));
    clients.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  // For longer than a reader that takes nothing is waited for.
  for (int tenth = 0; tenth < 80; ++tenth) {
    for (const auto& client : clients) EXPECT_NE(client->Receive(10'000), "") << tenth;
    std::this_thread::sleep_for(100ms);
  }
  // In turns: one that had to wait for the others to be done would be a client that takes nothing.
  std::vector<std::size_t> rest(clients.size());
  for (bool more = true; more;) {
    more = false;
    for (std::size_t c = 0; c < clients.size(); ++c) {
      const std::size_t taken = clients[c]->Receive(1 << 20).size();
      rest[c] += taken;
      more |= taken > 0;
    }
  }
  for (const std::size_t bytes : rest) EXPECT_GT(bytes, BigText()->size() - 80 * 10'000);
}

TEST(WebServer, DisconnectsStuckClients) {
  (void)BigText();  // made before the clock runs: it takes seconds under a sanitizer
  const auto server = StartServer(Pages());
  RawClient idle(server->port());
  RawClient half(server->port());
  half.Send("GET /metrics HTTP/1.1\r\nHost");
  RawClient deaf(server->port(), 4096);
  deaf.Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto start = Steady::now();
  (void)idle.ReceiveAll();
  (void)half.ReceiveAll();
  EXPECT_LT(Steady::now() - start, 9s);
  std::this_thread::sleep_until(start + 9s);
  // Cut short: what comes now is only what kernels had buffered.
  EXPECT_LT(deaf.ReceiveAll().size(), BigText()->size());
}

TEST(WebServer, ASlowReaderGetsTheWholeAnswerAndDelaysNoOther) {
  const auto server = StartServer(Pages());
  RawClient slow(server->port());
  slow.Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string bytes;
  int scrapes = 0;
  for (std::string piece = slow.Receive(1 << 20); !piece.empty(); piece = slow.Receive(1 << 20)) {
    bytes += piece;
    if (scrapes < 40) {
      EXPECT_EQ(Ask(server->port(), "GET", "/metrics").status, 200);
      ++scrapes;
      std::this_thread::sleep_for(5ms);
    }
  }
  EXPECT_EQ(scrapes, 40);
  const RawResponse response = ParseResponse(bytes);
  EXPECT_EQ(response.Header("Content-Length"), std::to_string(response.body.size()));
  EXPECT_TRUE(response.body == "first\n" + *BigText() + "last\n");
}

TEST(WebServer, AnEndlessUploadIsDisconnected) {
  const auto server = StartServer(Pages());
  RawClient upload(server->port());
  upload.Send("POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  int sent = 0;
  while (sent < 50 && upload.Send(piece)) ++sent;
  EXPECT_LT(sent, 50);
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics").status, 200);
}

TEST(WebServer, StopsAtOnceWithoutClients) {
  auto server = StartServer(Pages());
  EXPECT_EQ(Ask(server->port(), "GET", "/metrics").status, 200);
  const int port = server->port();
  const auto start = Steady::now();
  server.reset();
  EXPECT_LT(Steady::now() - start, 1500ms);
  EXPECT_THROW(RawClient{port}, std::runtime_error);
}

TEST(WebServer, StopsInTimeWithStuckClients) {
  auto server = StartServer(Pages());
  std::vector<std::unique_ptr<RawClient>> stuck;
  for (int c = 0; c < 60; ++c) {
    stuck.push_back(std::make_unique<RawClient>(server->port(), 4096));
    if (c % 3 == 1) stuck.back()->Send("GET /metrics HTTP/1.1\r\nHost");
    if (c % 3 == 2) stuck.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  std::this_thread::sleep_for(100ms);
  const auto start = Steady::now();
  server.reset();
  EXPECT_LT(Steady::now() - start, 3s);
}

TEST(WebServer, StopsInTimeWhileAHandlerHangs) {
  const auto gate = std::make_shared<Gate>();
  std::vector<WebRoute> routes;
  routes.push_back(Route("/slow", [gate](const WebRequest&) {
    gate->Pass();
    return Plain("done\n");
  }));
  auto server = StartServer(std::move(routes));
  RawClient client(server->port());
  client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(gate->WaitFor(1));
  const auto start = Steady::now();
  server.reset();
  const auto took = Steady::now() - start;
  EXPECT_GE(took, 1900ms);
  EXPECT_LT(took, 3s);
  gate->Open();
  EXPECT_TRUE(gate->WaitFor(0));
}

TEST(WebServer, WaitsForAHandlerThatEndsInTime) {
  std::atomic<bool> ended{false};
  std::atomic<bool> begun{false};
  std::vector<WebRoute> routes;
  routes.push_back(Route("/slow", [&](const WebRequest&) {
    begun = true;
    std::this_thread::sleep_for(500ms);
    ended = true;
    return Plain("done\n");
  }));
  auto server = StartServer(std::move(routes));
  RawClient client(server->port());
  client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!begun) std::this_thread::sleep_for(1ms);
  server.reset();
  EXPECT_TRUE(ended);
}

TEST(WebServer, NamesTheAddressThatIsTaken) {
  const auto first = StartServer(Pages());
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const auto second = WebServer::Start({address, 40}, Pages());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConfig);
  EXPECT_EQ(second.error().message,
            "cannot listen on " + address +
                ": another program is already listening there; stop it or choose another port");
  EXPECT_EQ(Ask(first->port(), "GET", "/metrics").status, 200);
}

TEST(WebServer, SaysWhatIsWrongWithAnAddress) {
  const struct {
    const char* address;
    const char* part;
  } cases[] = {
      {"9847", "listen address \"9847\" has no port"},
      {":http", "no valid port"},
      {":70000", "no valid port"},
      {"[::1]:9847", "IPv4 only"},
      {"::1:9847", "IPv4 only"},
      {"300.1.1.1:9847", "no valid host"},
      {"no-such-host.invalid:9847", "does not resolve to an IPv4 address"},
      {"203.0.113.7:0", "this machine has no such address"},
      {"127.0.0.1:9847s", "no valid port"},
  };
  for (const auto& test : cases) {
    const auto server = WebServer::Start({test.address, 40}, Pages());
    ASSERT_FALSE(server) << test.address;
    EXPECT_EQ(server.error().code, ErrorCode::kConfig);
    EXPECT_NE(server.error().message.find(test.part), std::string::npos) << server.error().message;
    EXPECT_NE(server.error().message.find(test.address), std::string::npos) << server.error().message;
  }
}

TEST(WebServer, ListensOnEveryAddressWithoutAHostAndOnNames) {
  for (const char* address : {":0", "localhost:0", "0.0.0.0:0"}) {
    const auto server = WebServer::Start({address, 40}, Pages());
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(Ask((*server)->port(), "GET", "/metrics").status, 200) << address;
  }
}

}  // namespace
}  // namespace o2o

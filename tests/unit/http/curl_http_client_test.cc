// SPDX-License-Identifier: Apache-2.0
#include "http/curl_http_client.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/time_text.h"
#include "unit/expect_error.h"
#include "unit/http/gzip.h"
#include "unit/http/socket_server.h"

namespace {

constexpr char kSlowHost[] = "slow-name-server.invalid";
std::atomic<bool> name_server_answers = false;

}  // namespace

// Replaces the C library's: one name has a name server that does not answer.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  if (node != nullptr && std::string_view(node) == kSlowHost) {
    name_server_answers.wait(false);
    return EAI_AGAIN;
  }
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto next = reinterpret_cast<Lookup>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(node, service, hints, found);
}

namespace o2o {
namespace {

using testing::Gzip;
using testing::Peer;
using testing::SocketServer;
using namespace std::chrono_literals;

// So long that only a hang reaches it.
constexpr Millis kPatience = 60s;

std::string Answer(std::string_view body, std::string_view headers = "", std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

// Answers each connection's first request with `text` and hangs up.
SocketServer::Script Say(std::string text) {
  return [text = std::move(text)](Peer& peer) {
    if (!peer.ReadRequest().empty()) peer.Write(text);
  };
}

// Answers with `text` and holds the connection open.
SocketServer::Script SayAndHold(std::string text) {
  return [text = std::move(text)](Peer& peer) {
    if (peer.ReadRequest().empty()) return;
    peer.Write(text);
    peer.WaitForEnd();
  };
}

HttpRequest Get(std::string url, Millis timeout = kPatience) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout = timeout;
  return request;
}

class CurlHttpClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    signal(SIGPIPE, SIG_IGN);
    InitHttp();
  }

  Result<HttpResponse> Send(const HttpRequest& request, std::stop_token stop = {}) {
    body_.clear();
    return client_.Send(
        request,
        [this](std::string_view bytes) {
          body_ += bytes;
          return true;
        },
        std::move(stop));
  }

  // The error of an exchange that must fail.
  Error Failure(const HttpRequest& request, std::stop_token stop = {}) {
    Result<HttpResponse> response = Send(request, std::move(stop));
    if (!response) return response.error();
    ADD_FAILURE() << "got an answer: " << response->status << " " << body_;
    return {};
  }

  CurlHttpClient client_{HttpOptions{.ca_file = {},
                                     .client_cert_file = {},
                                     .client_key_file = {},
                                     .insecure_skip_verify = false,
                                     .proxy_url = {},
                                     .user_agent = "o2o-exporter/test"}};
  std::string body_;
};

TEST_F(CurlHttpClientTest, AnswerComesWithItsHeaders) {
  SocketServer server(Say(
      Answer("{\"a\":1}",
             "content-TYPE: application/json; charset=utf-8\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n")));
  const Result<HttpResponse> response = Send(Get(server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "application/json; charset=utf-8");
  ASSERT_TRUE(response->date);
  EXPECT_EQ(FormatTime(*response->date), "1994-11-06T08:49:37Z");
  EXPECT_EQ(response->body_bytes, 7u);
  EXPECT_EQ(response->retry_after, std::nullopt);
  EXPECT_EQ(response->location, "");
  EXPECT_EQ(body_, "{\"a\":1}");
}

TEST_F(CurlHttpClientTest, RequestIsWhatWasAskedFor) {
  std::string seen;
  std::string url;
  {
    SocketServer server([&](Peer& peer) {
      seen = peer.ReadRequest();
      peer.Write(Answer("{}"));
    });
    HttpRequest request = Get(server.Url("/api/v1?minutes=5&limit=2"));
    request.headers = {{"x-api-key", Secret("k-123")}, {"X-Empty", Secret("")}};
    ASSERT_TRUE(Send(request));
    url = server.Address();
  }
  EXPECT_EQ(seen, "GET /api/v1?minutes=5&limit=2 HTTP/1.1\r\nHost: " + url +
                      "\r\nUser-Agent: o2o-exporter/test\r\nAccept: */*\r\nAccept-Encoding: "
                      "gzip\r\nx-api-key: k-123\r\nX-Empty:\r\n\r\n");
}

TEST_F(CurlHttpClientTest, PostCarriesItsBody) {
  std::string seen;
  {
    SocketServer server([&](Peer& peer) {
      seen = peer.ReadRequest();
      peer.Write(Answer("{}"));
    });
    HttpRequest request = Get(server.Url());
    request.method = "POST";
    request.headers = {{"Content-Type", Secret("application/json")}};
    request.body = "{\"q\":1}";
    ASSERT_TRUE(Send(request));
  }
  EXPECT_TRUE(seen.starts_with("POST / HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Content-Type: application/json\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("Content-Length: 7\r\n"), std::string::npos) << seen;
}

TEST_F(CurlHttpClientTest, UserAndPasswordGoWithTheFirstRequest) {
  std::string seen;
  {
    SocketServer server([&](Peer& peer) {
      seen = peer.ReadRequest();
      peer.Write(Answer("{}"));
    });
    HttpRequest request = Get(server.Url());
    request.user = "Aladdin";
    request.password = Secret("open sesame");
    ASSERT_TRUE(Send(request));
  }
  // RFC 7617, 2.
  EXPECT_NE(seen.find("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), std::string::npos)
      << seen;
}

TEST_F(CurlHttpClientTest, UserAndPasswordAreSentAsGivenAndMaskedAsTheyTravel) {
  std::string seen;
  {
    SocketServer server([&](Peer& peer) {
      seen = peer.ReadRequest();
      peer.Write(Answer("{}"));
    });
    HttpRequest request = Get(server.Url());
    request.user = "o2o%20exporter";  // as OAuth 2 wants it: nobody decodes it on the way
    request.password = Secret("a%3A");
    ASSERT_TRUE(Send(request));
  }
  EXPECT_NE(seen.find("\r\nAuthorization: Basic bzJvJTIwZXhwb3J0ZXI6YSUzQQ==\r\n"), std::string::npos)
      << seen;
  EXPECT_EQ(redaction::Mask("sent: bzJvJTIwZXhwb3J0ZXI6YSUzQQ=="), "sent: <secret>");
}

TEST_F(CurlHttpClientTest, ConnectionIsKeptBetweenCalls) {
  SocketServer server([](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(Answer("{}"));
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Send(Get(server.Url())));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlHttpClientTest, FreshConnectionIsUsedOnce) {
  SocketServer server([](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(Answer("{}"));
  });
  HttpRequest request = Get(server.Url());
  request.fresh_connection = true;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Send(request));
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(CurlHttpClientTest, ConnectionThatDiedIdleIsReplaced) {
  SocketServer server(Say(Answer("{}")));  // announces keep-alive, yet hangs up
  for (int i = 0; i < 3; ++i) {
    const Result<HttpResponse> response = Send(Get(server.Url()));
    ASSERT_TRUE(response) << response.error().message;
  }
}

TEST_F(CurlHttpClientTest, ErrorPageIsDrainedAndNotShown) {
  SocketServer server([](Peer& peer) {
    while (!peer.ReadRequest().empty()) peer.Write(Answer(std::string(60'000, 'x'), "", "500 Oops"));
  });
  for (int i = 0; i < 2; ++i) {
    const Result<HttpResponse> response = Send(Get(server.Url()));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(body_, "");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlHttpClientTest, EndlessOrCutErrorPageIsReportedByItsStatus) {
  const std::string endless = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\n" + std::string(1u << 20, 'x');
  SocketServer endless_server(SayAndHold(endless));
  Result<HttpResponse> response = Send(Get(endless_server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->retry_after, 7s);

  SocketServer cut_server(Say("HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nshort"));
  response = Send(Get(cut_server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 401);
}

TEST_F(CurlHttpClientTest, RetryAfterDateIsCountedFromTheServersClock) {
  SocketServer server(
      Say(Answer("", "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                 "429 Slow down")));
  const Result<HttpResponse> response = Send(Get(server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->retry_after, 30s);
}

TEST_F(CurlHttpClientTest, RetryAfterThatIsInvalidOrTooLong) {
  const auto retry_after = [this](std::string_view value) {
    SocketServer server(Say(Answer("", "Retry-After: " + std::string(value) + "\r\n", "503 Busy")));
    const Result<HttpResponse> response = Send(Get(server.Url()));
    return response ? response->retry_after : Millis{-1};
  };
  EXPECT_EQ(retry_after("soon"), std::nullopt);
  EXPECT_EQ(retry_after("-5"), std::nullopt);
  EXPECT_EQ(retry_after("0"), 0s);
  EXPECT_EQ(retry_after("99999999999999999999999"), 24h);
}

TEST_F(CurlHttpClientTest, RedirectIsReportedAndNotFollowed) {
  std::atomic<int> visits = 0;
  SocketServer target([&](Peer& peer) {
    ++visits;
    peer.Write(Answer("{}"));
  });
  SocketServer server(Say("HTTP/1.1 302 Found\r\nLocation: http://user:pw@" + target.Address() +
                          "/login?token=t#f\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = Get(server.Url());
  request.headers = {{"x-api-key", Secret("k-123")}};
  const Result<HttpResponse> response = Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->location, "http://" + target.Address() + "/login");
  EXPECT_EQ(visits, 0);
}

TEST_F(CurlHttpClientTest, RelativeRedirectBecomesAbsolute) {
  SocketServer server(Say("HTTP/1.1 301 Moved\r\nLocation: /login?x=1\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = Get(server.Url("/a/b"));
  request.user = "Aladdin";
  request.password = Secret("open sesame");
  const Result<HttpResponse> response = Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->location, server.Url("/login")) << "without user and password";
}

TEST_F(CurlHttpClientTest, PathThatMayHoldAKeyIsNotShown) {
  SocketServer server(Say("HTTP/1.1 308 Moved\r\nLocation: /hook/k3y/?x=1\r\nContent-Length: 0\r\n\r\n"));
  HttpRequest request = Get(server.Url("/hook/k3y?token=k3y"));
  request.hides_path = true;
  const Result<HttpResponse> response = Send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->location, server.Url("/"));
  SocketServer cut(Say(""));
  request.url = cut.Url("/hook/k3y?token=k3y");
  EXPECT_EQ(Failure(request).message, "GET " + cut.Url("/") + ": the connection was cut before an answer");
}

TEST_F(CurlHttpClientTest, RefusedConnection) {
  std::string url;
  {
    const SocketServer gone(Say(""));
    url = gone.Url("/api?key=secret");
  }
  EXPECT_ERROR(Failure(Get(url)), ErrorCode::kConnect,
               "GET " + url.substr(0, url.find('?')) + ": connection refused");
}

TEST_F(CurlHttpClientTest, UnknownHost) {
  EXPECT_ERROR(Failure(Get("http://no-such-host.invalid/")), ErrorCode::kConnect,
               "GET http://no-such-host.invalid/: the host name is not known");
}

TEST_F(CurlHttpClientTest, SecretsOfTheUrlStayOutOfErrors) {
  std::string address;
  {
    const SocketServer gone(Say(""));
    address = gone.Address();
  }
  EXPECT_ERROR(Failure(Get("http://user:hunter2@" + address + "/p?token=t0k#f")), ErrorCode::kConnect,
               "GET http://" + address + "/p: connection refused");
}

TEST_F(CurlHttpClientTest, UrlsAndHeadersThatCannotBeSentAreRefused) {
  for (const char* const url :
       {"ftp://127.0.0.1/x", "file:///etc/passwd", "http://user:hunter2@ho st/", ""}) {
    const Error error = Failure(Get(url));
    EXPECT_EQ(Name(error.code), "config") << url;
    EXPECT_EQ(error.message.find("hunter2"), std::string::npos) << error.message;
  }
  HttpRequest request = Get("http://127.0.0.1:1/");
  request.headers = {{"x-api-key", Secret("k-123\r\nX-Evil: 1")}};
  EXPECT_ERROR(
      Failure(request), ErrorCode::kConfig,
      "GET http://127.0.0.1:1/: the header x-api-key holds a line break or another control character");
}

TEST_F(CurlHttpClientTest, SilenceTimesOut) {
  SocketServer server([](Peer& peer) { peer.WaitForEnd(); });
  EXPECT_ERROR(Failure(Get(server.Url(), 200ms)), ErrorCode::kTimeout,
               "GET " + server.Url() + ": no answer within 200ms");
}

TEST_F(CurlHttpClientTest, NameServerThatHangsDoesNotHoldUp) {
  EXPECT_ERROR(Failure(Get("http://slow-name-server.invalid/", 100ms)), ErrorCode::kTimeout,
               "GET http://slow-name-server.invalid/: no connection within 100ms");
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(Name(Failure(Get("http://slow-name-server.invalid/"), stop.get_token()).code), "cancelled");
  name_server_answers = true;
  name_server_answers.notify_all();
}

TEST_F(CurlHttpClientTest, SaysWhetherSomethingWasSent) {
  const auto sent = [this](const std::string& url, Millis timeout = kPatience) {
    HttpRequest request = Get(url, timeout);
    bool sent = false;
    request.sent = &sent;
    (void)Send(request);
    return sent;
  };
  std::string gone;
  {
    const SocketServer server(Say(""));
    gone = server.Url();
  }
  EXPECT_FALSE(sent(gone)) << "refused";
  EXPECT_FALSE(sent("ftp://127.0.0.1/x"));
  SocketServer silent([](Peer& peer) { peer.WaitForEnd(); });
  EXPECT_TRUE(sent(silent.Url(), 200ms));
  SocketServer hangs_up([](Peer& peer) { peer.ReadRequest(); });
  EXPECT_TRUE(sent(hangs_up.Url()));
  SocketServer answers(Say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(sent(answers.Url()));
}

TEST_F(CurlHttpClientTest, DripTimesOutAsAWhole) {
  SocketServer server([](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
      return;
    while (!peer.stopping() && peer.Write("x")) std::this_thread::sleep_for(5ms);
  });
  const Error error = Failure(Get(server.Url(), 300ms));
  EXPECT_EQ(Name(error.code), "timeout");
  EXPECT_TRUE(error.message.starts_with("GET " + server.Url() + ": no whole answer within 300ms, only "))
      << error.message;
}

TEST_F(CurlHttpClientTest, CutAnswers) {
  const auto failure = [this](SocketServer::Script script, std::string* url) {
    SocketServer server(std::move(script));
    *url = "GET " + server.Url() + ": ";
    return Failure(Get(server.Url()));
  };
  std::string url;
  Error error = failure(Say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\""), &url);
  EXPECT_ERROR(error, ErrorCode::kCut, url + "the connection was cut after 7 bytes");
  error = failure(Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"), &url);
  EXPECT_ERROR(error, ErrorCode::kCut, url + "the connection was cut after 5 bytes");
  error = failure(Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n"), &url);
  EXPECT_EQ(Name(error.code), "cut");
  error = failure([](Peer& peer) { peer.ReadRequest(); }, &url);
  EXPECT_ERROR(error, ErrorCode::kCut, url + "the connection was cut before an answer");
  error = failure(Say("HTTP/1.1 200 OK\r\nContent-Le"), &url);
  EXPECT_EQ(Name(error.code), "cut");
  error = failure(Say("220 smtp.example.com ready\r\n"), &url);
  EXPECT_ERROR(error, ErrorCode::kCut, url + "the answer is not HTTP");
}

TEST_F(CurlHttpClientTest, ResetConnection) {
  SocketServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234");
    peer.Reset();
  });
  EXPECT_EQ(Name(Failure(Get(server.Url())).code), "cut");
  SocketServer rude([](Peer& peer) {
    peer.ReadRequest();
    peer.Reset();
  });
  EXPECT_EQ(Name(Failure(Get(rude.Url())).code), "cut");
}

TEST_F(CurlHttpClientTest, HugeBodyIsStoppedEarly) {
  std::atomic<std::size_t> sent = 0;
  SocketServer server([&](Peer& peer) {
    if (peer.ReadRequest().empty() || !peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"))
      return;
    const std::string piece(1u << 16, 'x');
    while (sent < (1u << 30) && peer.Write(piece)) sent += piece.size();
  });
  HttpRequest request = Get(server.Url());
  request.max_body_bytes = 1'000'000;
  EXPECT_ERROR(Failure(request), ErrorCode::kTooLarge,
               "GET " + server.Url() + ": the answer is larger than 1000000 bytes");
  EXPECT_LE(body_.size(), 1'000'000u);
  EXPECT_LT(sent, std::size_t{1} << 30);
}

TEST_F(CurlHttpClientTest, BodyOfExactlyTheCeilingPasses) {
  SocketServer server(Say(Answer("12345")));
  HttpRequest request = Get(server.Url());
  request.max_body_bytes = 5;
  EXPECT_TRUE(Send(request));
  request.max_body_bytes = 4;
  EXPECT_EQ(Name(Failure(request).code), "too_large");
}

TEST_F(CurlHttpClientTest, EndlessHeadersAreStopped) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2'000; ++i)
    many += "X-Header-" + std::to_string(i) + ": " + std::string(100, 'h') + "\r\n";
  SocketServer server(SayAndHold(many));
  EXPECT_ERROR(Failure(Get(server.Url())), ErrorCode::kTooLarge,
               "GET " + server.Url() + ": the headers of the answer are larger than 65536 bytes");
  SocketServer one_long(SayAndHold("HTTP/1.1 200 OK\r\nX-Long: " + std::string(1u << 20, 'h')));
  EXPECT_EQ(Name(Failure(Get(one_long.Url())).code), "too_large");
}

TEST_F(CurlHttpClientTest, GzipIsUnpacked) {
  const std::string body(100'000, '7');
  SocketServer server(Say(Answer(Gzip(body), "Content-Encoding: gzip\r\n")));
  const Result<HttpResponse> response = Send(Get(server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(body_, body);
  EXPECT_EQ(response->body_bytes, body.size());
}

TEST_F(CurlHttpClientTest, GzipBombIsStopped) {
  SocketServer server(Say(Answer(Gzip(std::string(50u << 20, '0')), "Content-Encoding: gzip\r\n")));
  HttpRequest request = Get(server.Url());
  request.max_body_bytes = 1'000'000;
  EXPECT_EQ(Name(Failure(request).code), "too_large");
  EXPECT_LE(body_.size(), 1'000'000u);
}

TEST_F(CurlHttpClientTest, TruncatedOrDamagedGzipIsACut) {
  const std::string packed = Gzip("{\"data\":[]}");
  SocketServer cut(Say(Answer(packed.substr(0, packed.size() - 4), "Content-Encoding: gzip\r\n")));
  EXPECT_ERROR(Failure(Get(cut.Url())), ErrorCode::kCut,
               "GET " + cut.Url() + ": the compressed answer ends in the middle, after " +
                   std::to_string(packed.size() - 4) + " bytes");
  SocketServer plain(Say(Answer("{\"data\":[]}", "Content-Encoding: gzip\r\n")));
  EXPECT_ERROR(Failure(Get(plain.Url())), ErrorCode::kCut,
               "GET " + plain.Url() + ": the compressed answer is damaged, after 11 bytes");
  SocketServer other(Say(Answer("{}", "Content-Encoding: br\r\n")));
  EXPECT_EQ(Name(Failure(Get(other.Url())).code), "cut");
}

TEST_F(CurlHttpClientTest, SinkEndsTheExchange) {
  SocketServer server(SayAndHold("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234"));
  const Result<HttpResponse> response =
      client_.Send(Get(server.Url()), [](std::string_view) { return false; }, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(Name(response.error().code), "cancelled");
}

TEST_F(CurlHttpClientTest, StopEndsAHang) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  SocketServer server([&](Peer& peer) {
    peer.ReadRequest();
    {
      const std::lock_guard lock(mutex);
      asked = true;
    }
    changed.notify_all();
    peer.WaitForEnd();
  });
  std::stop_source stop;
  const std::jthread stopper([&] {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kPatience, [&] { return asked; });
    stop.request_stop();
  });
  EXPECT_ERROR(Failure(Get(server.Url()), stop.get_token()), ErrorCode::kCancelled,
               "GET " + server.Url() + ": cancelled: the program is stopping");
}

TEST_F(CurlHttpClientTest, StopBeforeTheStart) {
  SocketServer server(Say(Answer("{}")));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Name(Failure(Get(server.Url()), stop.get_token()).code), "cancelled");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(CurlHttpClientTest, RecoversAfterEveryFailure) {
  std::atomic<int> visit = 0;
  SocketServer server([&](Peer& peer) {
    if (peer.ReadRequest().empty()) return;
    if (++visit % 2 == 0) {
      peer.Write(Answer("{}"));
      return;
    }
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234");
    peer.Reset();
  });
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Name(Failure(Get(server.Url())).code), "cut");
    EXPECT_TRUE(Send(Get(server.Url())));
  }
}

TEST_F(CurlHttpClientTest, ProxyComesFromTheOptionsAlone) {
  SocketServer upstream(Say(Answer("direct")));
  SocketServer proxy(Say(Answer("through the proxy")));
  setenv("http_proxy", proxy.Url().c_str(), 1);
  setenv("no_proxy", "*", 1);
  EXPECT_TRUE(Send(Get(upstream.Url())));
  EXPECT_EQ(body_, "direct");

  HttpOptions options;
  options.proxy_url = proxy.Url();
  CurlHttpClient through(options);
  std::string body;
  EXPECT_TRUE(through.Send(Get(upstream.Url()),
                           [&](std::string_view bytes) {
                             body += bytes;
                             return true;
                           },
                           {}));
  EXPECT_EQ(body, "through the proxy");

  std::string head;
  SocketServer asking([&head](Peer& peer) {
    head = peer.ReadRequest();
    peer.Write(Answer("let through"));
  });
  options.proxy_url = asking.Url();
  options.proxy_user = "Aladdin";
  options.proxy_password = Secret("open sesame");
  ASSERT_TRUE(CurlHttpClient(options).Send(Get(upstream.Url()), [](std::string_view) { return true; }, {}));
  EXPECT_NE(head.find("Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), std::string::npos) << head;
  unsetenv("http_proxy");
  unsetenv("no_proxy");
}

// A certificate of its own and a server that uses it, for as long as the test runs.
class TlsServer {
 public:
  TlsServer() {
    folder_ = ::testing::TempDir() + "/o2o-tls-XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no folder for the certificate");
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        Key() + " -out " + Certificate() + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl made no certificate");
    Start();
  }

  ~TlsServer() {
    close(to_server_);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }

  std::string Certificate() const { return folder_ + "/cert.pem"; }
  std::string Key() const { return folder_ + "/key.pem"; }
  std::string Url() const { return "https://127.0.0.1:" + port_ + "/"; }

 private:
  void Start() {
    int input[2];
    int output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string script = O2O_TESTDATA "/../fakes/tls_server.py";
    const std::string certificate = Certificate();
    const std::string key = Key();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], STDIN_FILENO);
      dup2(output[1], STDOUT_FILENO);
      execl("/usr/bin/python3", "python3", script.c_str(), certificate.c_str(), key.c_str(), nullptr);
      _exit(127);
    }
    close(input[0]);
    close(output[1]);
    to_server_ = input[1];
    char byte;
    while (read(output[0], &byte, 1) == 1 && byte != '\n') port_ += byte;
    close(output[0]);
    if (port_.empty()) throw std::runtime_error("the TLS server did not start");
  }

  std::string folder_;
  std::string port_;
  pid_t pid_ = -1;
  int to_server_ = -1;
};

TEST_F(CurlHttpClientTest, TlsTrustsWhatItIsTold) {
  const TlsServer server;
  Error error = Failure(Get(server.Url()));
  EXPECT_EQ(Name(error.code), "tls");
  EXPECT_TRUE(error.message.starts_with("GET " + server.Url() + ": TLS: ")) << error.message;
  EXPECT_NE(error.message.find("certificate"), std::string::npos) << error.message;

  const auto status = [&](const HttpOptions& options) {
    CurlHttpClient client(options);
    const Result<HttpResponse> response =
        client.Send(Get(server.Url()), [](std::string_view) { return true; }, {});
    return response ? std::to_string(response->status) : std::string(Name(response.error().code));
  };
  HttpOptions options;
  options.ca_file = server.Certificate();
  EXPECT_EQ(status(options), "200");
  options.ca_file = "/no/such/ca.pem";
  EXPECT_EQ(status(options), "tls");
  options = {};
  options.insecure_skip_verify = true;
  EXPECT_EQ(status(options), "200");
}

TEST_F(CurlHttpClientTest, CertificatesFollowTheirFiles) {
  const TlsServer server;
  const TlsServer other;
  const std::string folder = ::testing::TempDir() + "/o2o-pem-" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  const auto copy = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  };
  HttpOptions options;
  options.ca_file = folder + "/ca.pem";
  options.client_cert_file = folder + "/client.pem";
  options.client_key_file = folder + "/client.key";
  copy(server.Certificate(), options.ca_file);
  copy(server.Certificate(), options.client_cert_file);
  copy(server.Key(), options.client_key_file);
  CurlHttpClient client(options);
  const auto status = [&] {
    HttpRequest request = Get(server.Url());
    request.fresh_connection = true;
    const Result<HttpResponse> response = client.Send(request, [](std::string_view) { return true; }, {});
    return response ? std::to_string(response->status) : std::string(Name(response.error().code));
  };
  EXPECT_EQ(status(), "200");
  copy(other.Certificate(), options.ca_file);
  EXPECT_EQ(status(), "tls") << "the new authorities count at once";
  copy(server.Certificate(), options.ca_file);
  EXPECT_EQ(status(), "200");
  for (const std::string& file : {options.ca_file, options.client_cert_file, options.client_key_file}) {
    std::filesystem::remove(file);
    EXPECT_EQ(status(), "200") << "what it held last is kept, without " << file;
    std::ofstream(file) << "";
    EXPECT_EQ(status(), "200") << file;
  }
  std::filesystem::remove_all(folder);
}

TEST_F(CurlHttpClientTest, PlainServerBehindAnHttpsUrl) {
  SocketServer server([](Peer& peer) { peer.Write("HTTP/1.1 400 Bad\r\n\r\n"); });
  EXPECT_EQ(Name(Failure(Get("https://" + server.Address() + "/")).code), "tls");
}

// ---- links

TEST_F(CurlHttpClientTest, LinkHeadersAreKeptAsOne) {
  SocketServer server(Say(
      "HTTP/1.1 100 Continue\r\nLink: <early>; rel=preload\r\n\r\n" +
      Answer("{}", "Link: <a>; rel=prev\r\nlink:  </b?c=1>; rel=\"next\" \r\nX-Link: <no>; rel=next\r\n")));
  const auto response = Send(Get(server.Url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->link, "<a>; rel=prev, </b?c=1>; rel=\"next\"");
}

}  // namespace
}  // namespace o2o

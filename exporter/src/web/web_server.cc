// SPDX-License-Identifier: Apache-2.0
#include "web/web_server.h"

#include <civetweb.h>
#include <strings.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "base/log.h"
#include "base/spare_threads.h"
#include "web/listen_socket.h"
#include "web/request_path.h"
#include "web/response_writer.h"
#include "web/router.h"
#include "web/slow_clients.h"

namespace o2o {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A thread is a connection, and costs about 20 KB.
constexpr int kThreads = 160;
// civetweb's own patience, in both directions. Ours (Patience) is shorter, and counts what a client takes:
// civetweb sees progress only once a third of a socket's buffer is free, which may be a megabyte.
constexpr const char* kCivetwebPatienceMs = "30000";
// A small body is read and dropped before the answer: a client that still sends when the connection closes
// may never look at its answer.
constexpr long long kMaxDroppedBody = 16 << 10;
constexpr auto kStopTime = 2s;
// civetweb's own, beside one for each connection, the watch and the stopper.
constexpr std::size_t kThreadsBeside = 3;

// Used by the server's threads, which may outlive WebServer by a moment: so it is shared.
struct Site {
  Site(std::vector<WebRoute> routes, int max_requests) : router(std::move(routes), max_requests) {}
  Router router;
  SlowClients slow_clients{kThreads};
};

// Stops civetweb, which waits for all its threads, however long that takes: on a thread of its own, which is
// left behind when time is up. The thread is started early, since at the end no new one may be available.
class Stopper {
 public:
  explicit Stopper(std::shared_ptr<Site> site)
      : stopped_(promise_.get_future()),
        thread_([site = std::move(site), told = told_.get_future(), promise = std::move(promise_)]() mutable {
          if (mg_context* const context = told.get()) {
            mg_stop(context);
            mg_exit_library();
          }
          site.reset();
          promise.set_value();
        }) {}
  // Without a Stop() it leaves civetweb alone.
  ~Stopper() {
    if (!told_stop_) told_.set_value(nullptr);
    thread_.detach();
  }
  Stopper(const Stopper&) = delete;
  Stopper& operator=(const Stopper&) = delete;

  // Once.
  void Stop(mg_context* context) {
    told_stop_ = true;
    told_.set_value(context);
  }
  bool StoppedBy(Steady::time_point time) const {
    return stopped_.wait_until(time) == std::future_status::ready;
  }

 private:
  std::promise<mg_context*> told_;
  std::promise<void> promise_;
  std::future<void> stopped_;
  bool told_stop_ = false;
  std::thread thread_;
};

bool SendResponse(mg_connection* connection, const WebResponse& response, bool with_body) {
  return WriteResponse(response, mg_get_response_code_text(connection, response.status), with_body,
                       [connection](std::string_view bytes) {
                         return mg_write(connection, bytes.data(), bytes.size()) ==
                                static_cast<int>(bytes.size());
                       });
}

// All values of a header, as one list.
std::string HeaderList(const mg_request_info& info, std::string_view name) {
  std::string list;
  for (int i = 0; i < info.num_headers; ++i) {
    const mg_header& header = info.http_headers[i];
    if (strcasecmp(header.name, name.data()) != 0) continue;
    if (!list.empty()) list += ",";
    list += header.value;
  }
  return list;
}

// civetweb's local_uri is the target without its query and dot segments, or null where it does not take the
// target for one of this server.
std::string PathOf(const mg_request_info& info) {
  const char* const target = info.local_uri != nullptr ? info.local_uri : info.request_uri;
  return target == nullptr ? "" : RequestPath(target).value_or("");
}

WebRequest ToRequest(const mg_request_info& info) {
  WebRequest request;
  request.method = info.request_method;
  request.path = PathOf(info);
  request.accept = HeaderList(info, "Accept");
  request.accept_encoding = HeaderList(info, "Accept-Encoding");
  request.host = HeaderList(info, "Host");
  request.origin = HeaderList(info, "Origin");
  request.sec_fetch_site = HeaderList(info, "Sec-Fetch-Site");
  return request;
}

void DropSmallBody(mg_connection* connection, long long bytes) {
  if (bytes <= 0 || bytes > kMaxDroppedBody) return;
  char piece[4096];
  while (bytes > 0) {
    const int count = mg_read(connection, piece, std::min<std::size_t>(sizeof piece, bytes));
    if (count <= 0) return;
    bytes -= count;
  }
}

Site& SiteOf(const mg_connection* connection) {
  return *static_cast<Site*>(mg_get_user_data(mg_get_context(connection)));
}

// civetweb's hook for every request, before any routing of its own (which answers /metricsfoo with the
// handler of /metrics). C calls it: nothing may be thrown through it.
int OnRequest(mg_connection* connection) noexcept {
  constexpr int kFailed = 500;
  try {
    // Also keeps civetweb from reading a body without end.
    mg_disable_connection_keep_alive(connection);
    Site& site = SiteOf(connection);
    const mg_request_info& info = *mg_get_request_info(connection);
    const WebRequest request = ToRequest(info);
    DropSmallBody(connection, info.content_length);
    SlowClients::Serving serving(site.slow_clients, info.remote_addr, info.remote_port);
    const WebResponse response = site.router.Answer(request);
    serving.Sending();
    if (!SendResponse(connection, response, request.method != "HEAD")) {
      log::Debug("a client did not take its answer", {{"path", request.path}, {"client", info.remote_addr}});
    }
    return response.status;
  } catch (const std::exception& error) {
    log::Error("request failed", {{"error", error.what()}});
  } catch (...) {
    log::Error("request failed");
  }
  return kFailed;
}

// TRACE, which civetweb does not parse: it answers 400, as to nonsense.
bool IsTrace(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return info != nullptr && info->request_method != nullptr &&
         std::string_view(info->request_method) == "TRACE";
}

// Called by civetweb for requests it cannot parse (400, 408, 505). Its own answer would format the date
// with gmtime, which is not thread-safe.
int OnHttpError(mg_connection* connection, int status, const char* message) noexcept {
  try {
    WebResponse response = PlainText(status, std::to_string(status) + ": " + message + "\n");
    if (status == 400 && IsTrace(connection)) {
      response = PlainText(405, "405: no page answers TRACE.\n");
      response.headers.emplace_back("Allow", "GET, HEAD, POST");
    }
    mg_set_user_connection_data(connection, connection);  // see IsUnanswered
    SendResponse(connection, response, true);
  } catch (...) {
    log::Error("an error answer could not be sent");
  }
  return 0;  // handled
}

// civetweb's hooks around each connection, on its thread.
int OnConnected(const mg_connection* connection, void** answered) noexcept {
  *answered = nullptr;
  SiteOf(connection).slow_clients.Connected();
  return 0;
}

// Requests whose target civetweb does not take for one of this server ("http://any.host/metrics", "*") reach
// no other hook and would get no answer.
bool IsUnanswered(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return info != nullptr && info->request_method != nullptr && info->request_uri != nullptr &&
         info->local_uri == nullptr && mg_get_user_connection_data(connection) == nullptr;
}

void OnClosing(const mg_connection* connection) noexcept {
  if (IsUnanswered(connection)) OnRequest(const_cast<mg_connection*>(connection));
  SiteOf(connection).slow_clients.Closed();
}

int OnLogMessage(const mg_connection*, const char* message) noexcept {
  log::Debug("web server", {{"detail", message}});
  return 1;  // else it goes to stderr as well
}

}  // namespace

struct WebServer::Impl {
  explicit Impl(std::shared_ptr<Site> its_site) : site(std::move(its_site)), stopper(site) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::shared_ptr<Site> site;
  Stopper stopper;
  mg_context* context = nullptr;
  ListenAddress address;
};

Result<std::unique_ptr<WebServer>> WebServer::Start(const WebOptions& options, std::vector<WebRoute> routes) {
  auto address = ParseListenAddress(options.listen_address);
  if (!address) return tl::unexpected(address.error());

  // civetweb continues with however many threads it got, and frees memory that the first ones use when it is
  // refused a later one.
  if (!HasThreadsFor(kThreads + kThreadsBeside)) {
    return Fail(ErrorCode::kInternal,
                "cannot start a thread for each of " + std::to_string(kThreads) +
                    " connections, want a higher limit of threads (ulimit -u, TasksMax)");
  }
  auto impl = std::make_unique<Impl>(std::make_shared<Site>(std::move(routes), options.max_requests));

  mg_callbacks callbacks{};
  callbacks.begin_request = OnRequest;
  callbacks.http_error = OnHttpError;
  callbacks.init_connection = OnConnected;
  callbacks.connection_close = OnClosing;
  callbacks.log_message = OnLogMessage;
  const std::string listening_ports = address->Text();
  const std::string threads = std::to_string(kThreads);
  // No document root: nothing on disk can be asked for.
  const char* settings[] = {"listening_ports",
                            listening_ports.c_str(),
                            "num_threads",
                            threads.c_str(),
                            "request_timeout_ms",
                            kCivetwebPatienceMs,
                            "decode_url",  // ours does not end at %00
                            "no",
                            "enable_keep_alive",
                            "no",
                            "enable_directory_listing",
                            "no",
                            "tcp_nodelay",
                            "1",
                            nullptr};
  mg_init_library(0);
  impl->context = mg_start(&callbacks, impl->site.get(), settings);
  if (impl->context == nullptr) {
    mg_exit_library();
    return Fail(ErrorCode::kConfig, "cannot listen on " + listening_ports + ": " + WhyNotListening(*address));
  }
  mg_server_port port{};
  if (mg_get_server_ports(impl->context, 1, &port) == 1) address->port = port.port;
  impl->address = *address;
  impl->site->slow_clients.Watch(address->port);
  return std::unique_ptr<WebServer>(new WebServer(std::move(impl)));
}

WebServer::WebServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebServer::~WebServer() = default;

WebServer::Impl::~Impl() {
  if (context == nullptr) return;
  const auto deadline = Steady::now() + kStopTime;
  site->router.Stop();
  site->slow_clients.StopWatching();
  stopper.Stop(context);
  constexpr auto kKnockTime = 10ms;
  while (!stopper.StoppedBy(std::min(deadline, Steady::now() + kKnockTime))) {
    if (Steady::now() >= deadline) break;
    Knock(address);
  }
  if (!site->router.WaitIdle(deadline)) {
    log::Error("a handler is still running while the web server ends: leaving it behind");
  }
}

int WebServer::port() const { return impl_->address.port; }

}  // namespace o2o

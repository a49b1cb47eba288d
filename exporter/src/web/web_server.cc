// SPDX-License-Identifier: Apache-2.0
#include "web/web_server.h"

#include <civetweb.h>
#include <strings.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <future>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "web/listen_address.h"

namespace o2o {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A thread is a connection, and costs about 20 KB: enough for all scrapes and pages beside a hundred clients
// that are stuck.
constexpr const char* kThreads = "160";
// civetweb's patience with a client that neither sends nor reads. It looks at the clock every two seconds, so
// this may become seven seconds.
constexpr const char* kPatienceMs = "5000";
// For the whole answer: bounds clients that read a little at a time. A scraper has given up long before.
constexpr auto kAnswerTime = 60s;
constexpr std::size_t kSliceBytes = 64u << 10;  // between two looks at kAnswerTime
// A small body is read and dropped before the answer: a client that still sends when the connection closes
// may never look at its answer.
constexpr long long kMaxDroppedBody = 16 << 10;
constexpr auto kDropTime = 2s;
constexpr auto kStopTime = 2s;

// What the server's threads use. They may outlive WebServer by a moment, so they share it.
struct Site {
  std::vector<WebRoute> routes;
  int max_requests = 0;
  std::atomic<int> limited_running{0};

  std::mutex mutex;
  std::condition_variable idle;
  bool stopping = false;  // guarded by mutex
  int running = 0;        // handlers; guarded by mutex

  void Stop() {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  bool WaitIdle(Steady::time_point deadline) {
    std::unique_lock lock(mutex);
    return idle.wait_until(lock, deadline, [this] { return running == 0; });
  }
};

// A handler's run, as far as stopping is concerned: none begins once the site stops.
class Run {
 public:
  explicit Run(Site& site) : site_(site) {
    const std::lock_guard lock(site_.mutex);
    allowed_ = !site_.stopping;
    if (allowed_) ++site_.running;
  }
  ~Run() {
    if (!allowed_) return;
    const std::lock_guard lock(site_.mutex);
    --site_.running;
    site_.idle.notify_all();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  bool allowed() const { return allowed_; }

 private:
  Site& site_;
  bool allowed_ = false;
};

// A handler's run, as far as max_requests is concerned.
class LimitedRun {
 public:
  explicit LimitedRun(Site& site)
      : site_(site), allowed_(site.limited_running.fetch_add(1) < site.max_requests) {}
  ~LimitedRun() { site_.limited_running.fetch_sub(1); }
  LimitedRun(const LimitedRun&) = delete;
  LimitedRun& operator=(const LimitedRun&) = delete;
  bool allowed() const { return allowed_; }

 private:
  Site& site_;
  const bool allowed_;
};

WebResponse PlainText(int status, std::string text) {
  WebResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

WebResponse Busy(std::string text) {
  WebResponse response = PlainText(503, std::move(text));
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

bool Serves(const WebRoute& route, std::string_view path) {
  return route.below ? path.starts_with(route.path) : path == route.path;
}

bool Answers(const WebRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

WebResponse NotFound(const Site& site) {
  std::string text = "404: there is no such page. These are:\n";
  for (const WebRoute& route : site.routes)
    text += "  " + route.method + " " + route.path + (route.below ? "...\n" : "\n");
  return PlainText(404, std::move(text));
}

WebResponse MethodNotAllowed(const Site& site, const WebRequest& request) {
  std::string allowed;
  for (const WebRoute& route : site.routes) {
    if (!Serves(route, request.path)) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  WebResponse response = PlainText(405, "405: this page answers " + allowed + " only.\n");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// Runs the handler; whatever happens in it ends in an answer.
WebResponse RunHandler(const WebRoute& route, const WebRequest& request) {
  std::string problem;
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    problem = error.what();
  } catch (...) {
    problem = "an exception of an unknown type";
  }
  log::Error("request failed", {{"path", request.path}, {"error", problem}});
  return PlainText(500, "500: this page failed; the exporter's log says why.\n");
}

WebResponse RunLimited(Site& site, const WebRoute& route, const WebRequest& request) {
  const LimitedRun run(site);
  if (run.allowed()) return RunHandler(route, request);
  return Busy("503: too many requests at once (--web.max-requests " + std::to_string(site.max_requests) +
              "); try again in a second.\n");
}

WebResponse Answer(Site& site, const WebRequest& request) {
  const WebRoute* route = nullptr;
  bool path_known = false;
  for (const WebRoute& candidate : site.routes) {
    if (!Serves(candidate, request.path)) continue;
    path_known = true;
    if (route == nullptr && Answers(candidate, request.method)) route = &candidate;
  }
  if (!path_known) return NotFound(site);
  if (route == nullptr) return MethodNotAllowed(site, request);
  const Run run(site);
  if (!run.allowed()) return Busy("503: the exporter is stopping.\n");
  return route->limited ? RunLimited(site, *route, request) : RunHandler(*route, request);
}

// Sends an answer piece by piece, small pieces together, until done or out of time.
class Sender {
 public:
  explicit Sender(mg_connection* connection) : connection_(connection) {}

  void Send(std::string_view bytes) {
    if (bytes.size() < kSliceBytes / 4) {
      pending_ += bytes;
      if (pending_.size() >= kSliceBytes) Flush();
      return;
    }
    Flush();
    Write(bytes);
  }
  void Flush() {
    Write(pending_);
    pending_.clear();
  }
  bool failed() const { return failed_; }

 private:
  void Write(std::string_view bytes) {
    while (!failed_ && !bytes.empty()) {
      const std::string_view slice = bytes.substr(0, kSliceBytes);
      const int sent = mg_write(connection_, slice.data(), slice.size());
      failed_ = sent != static_cast<int>(slice.size()) || Steady::now() > deadline_;
      bytes.remove_prefix(slice.size());
    }
  }

  mg_connection* connection_;
  const Steady::time_point deadline_ = Steady::now() + kAnswerTime;
  std::string pending_;
  bool failed_ = false;
};

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return std::string(text, size);
}

std::string Head(mg_connection* connection, const WebResponse& response) {
  std::size_t length = response.body.size();
  for (const std::string_view part : response.parts) length += part.size();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     mg_get_response_code_text(connection, response.status) + "\r\n";
  head += "Date: " + HttpDate() + "\r\n";
  head += "Content-Type: " + response.content_type + "\r\n";
  head += "Content-Length: " + std::to_string(length) + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  head += "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  return head;
}

// False where the client did not take it all.
bool SendResponse(mg_connection* connection, const WebResponse& response, bool with_body) {
  Sender sender(connection);
  sender.Send(Head(connection, response));
  if (with_body) {
    sender.Send(response.body);
    for (const std::string_view part : response.parts) {
      if (sender.failed()) break;
      sender.Send(part);
    }
  }
  sender.Flush();
  return !sender.failed();
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

WebRequest ToRequest(const mg_request_info& info) {
  WebRequest request;
  request.method = info.request_method;
  request.path = info.local_uri == nullptr ? "" : info.local_uri;
  request.accept = HeaderList(info, "Accept");
  request.accept_encoding = HeaderList(info, "Accept-Encoding");
  return request;
}

void DropSmallBody(mg_connection* connection, long long bytes) {
  if (bytes <= 0 || bytes > kMaxDroppedBody) return;
  const auto deadline = Steady::now() + kDropTime;
  char byte;  // one at a time: mg_read waits until it has all it was asked for, however slowly that drips in
  while (bytes > 0 && Steady::now() < deadline && mg_read(connection, &byte, 1) == 1) --bytes;
}

// civetweb's hook for every request, before any routing of its own (which answers /metricsfoo with the
// handler of /metrics). C calls it: nothing may be thrown through it.
int OnRequest(mg_connection* connection) noexcept {
  constexpr int kFailed = 500;
  try {
    // Also keeps civetweb from reading a body without end.
    mg_disable_connection_keep_alive(connection);
    auto& site = *static_cast<Site*>(mg_get_user_data(mg_get_context(connection)));
    const mg_request_info& info = *mg_get_request_info(connection);
    const WebRequest request = ToRequest(info);
    DropSmallBody(connection, info.content_length);
    const WebResponse response = Answer(site, request);

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

// civetweb's hook for requests that are none (400, 408, 505). Its own answer formats the date with gmtime,
// which is not for threads.
int OnHttpError(mg_connection* connection, int status, const char* message) noexcept {
  try {
    SendResponse(connection, PlainText(status, std::to_string(status) + ": " + message + "\n"), true);
  } catch (...) {
    log::Error("an error answer could not be sent");
  }
  return 0;  // handled
}

int OnLogMessage(const mg_connection*, const char* message) noexcept {
  log::Debug("web server", {{"detail", message}});
  return 1;  // else it goes to stderr as well
}

}  // namespace

struct WebServer::Impl {
  std::shared_ptr<Site> site;
  mg_context* context = nullptr;
  ListenAddress address;
};

Result<std::unique_ptr<WebServer>> WebServer::Start(const WebOptions& options, std::vector<WebRoute> routes) {
  auto address = ParseListenAddress(options.listen_address);
  if (!address) return tl::unexpected(address.error());

  auto impl = std::make_unique<Impl>();
  impl->site = std::make_shared<Site>();
  impl->site->routes = std::move(routes);
  impl->site->max_requests = options.max_requests;

  mg_callbacks callbacks{};
  callbacks.begin_request = OnRequest;
  callbacks.http_error = OnHttpError;
  callbacks.log_message = OnLogMessage;
  const std::string listening_ports = address->Text();
  // No document root: nothing on disk can be asked for.
  const char* settings[] = {"listening_ports",
                            listening_ports.c_str(),
                            "num_threads",
                            kThreads,
                            "request_timeout_ms",
                            kPatienceMs,
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
  return std::unique_ptr<WebServer>(new WebServer(std::move(impl)));
}

WebServer::WebServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebServer::~WebServer() {
  const auto deadline = Steady::now() + kStopTime;
  impl_->site->Stop();
  // mg_stop waits for all threads, however long that takes; so it is given a thread of its own, and left
  // alone with it when time is up.
  std::promise<void> stopped;
  std::future<void> all_stopped = stopped.get_future();
  std::thread([context = impl_->context, site = impl_->site, stopped = std::move(stopped)]() mutable {
    mg_stop(context);
    mg_exit_library();
    site.reset();
    stopped.set_value();
  }).detach();
  constexpr auto kKnockTime = 10ms;
  while (all_stopped.wait_until(std::min(deadline, Steady::now() + kKnockTime)) !=
         std::future_status::ready) {
    if (Steady::now() >= deadline) break;
    Knock(impl_->address);
  }
  if (!impl_->site->WaitIdle(deadline)) {
    log::Error("a request is still being worked on at the end of the web server: leaving it behind");
  }
}

int WebServer::port() const { return impl_->address.port; }

}  // namespace o2o

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
#include <map>
#include <optional>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "base/spare_threads.h"
#include "web/accepted_sockets.h"
#include "web/listen_address.h"
#include "web/masked_body.h"
#include "web/patience.h"
#include "web/request_path.h"

namespace o2o {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A thread is a connection, and costs about 20 KB.
constexpr int kThreads = 160;
// civetweb's own patience, in both directions. Ours (Patience) is shorter, and counts what a client takes:
// civetweb sees progress only once a third of a socket's buffer is free, which may be a megabyte.
constexpr const char* kCivetwebPatienceMs = "30000";
constexpr std::size_t kSliceBytes = 256u << 10;  // of one write
constexpr std::size_t kSmallBytes = 16u << 10;   // copied together rather than written alone
// Between two looks at who is too slow.
constexpr auto kLookTime = 1s;
constexpr auto kCrowdedLookTime = 50ms;
// A small body is read and dropped before the answer: a client that still sends when the connection closes
// may never look at its answer.
constexpr long long kMaxDroppedBody = 16 << 10;
constexpr auto kStopTime = 2s;
// civetweb's own, beside one for each connection, the watch and the stopper.
constexpr std::size_t kThreadsBeside = 3;

// What the server's threads use. They may outlive WebServer by a moment, so they share it.
struct Site {
  std::vector<WebRoute> routes;
  int max_requests = 0;
  std::atomic<int> limited_running{0};

  Mutex mutex;
  std::condition_variable_any idle;
  bool stopping O2O_GUARDED_BY(mutex) = false;
  int running O2O_GUARDED_BY(mutex) = 0;  // handlers

  // Threads that have a connection.
  std::atomic<int> busy{0};
  std::condition_variable_any crowded;
  std::map<std::string, Patience::Phase> served O2O_GUARDED_BY(mutex);  // peers whose request is whole

  void Stop() {
    const MutexLock lock(mutex);
    stopping = true;
  }
  bool WaitIdle(Steady::time_point deadline) {
    MutexLock lock(mutex);
    return idle.wait_until(lock, deadline, [this]() O2O_REQUIRES(mutex) { return running == 0; });
  }
};

// A handler's run, as far as stopping is concerned: none begins once the site stops.
class Run {
 public:
  explicit Run(Site& site) : site_(site) {
    const MutexLock lock(site_.mutex);
    allowed_ = !site_.stopping;
    if (allowed_) ++site_.running;
  }
  ~Run() {
    if (!allowed_) return;
    const MutexLock lock(site_.mutex);
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

// A connection, from when its request is whole until its answer is sent, as far as patience is concerned.
class Serving {
 public:
  Serving(Site& site, const mg_request_info& info)
      : site_(site), peer_(Peer(info.remote_addr, info.remote_port)) {
    Set(Patience::Phase::kWaiting);
  }
  ~Serving() {
    const MutexLock lock(site_.mutex);
    site_.served.erase(peer_);
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  void Sends() { Set(Patience::Phase::kTaking); }

 private:
  void Set(Patience::Phase phase) {
    const MutexLock lock(site_.mutex);
    site_.served[peer_] = phase;
  }

  Site& site_;
  const std::string peer_;
};

// Hangs up on clients that are too slow, while there are any clients.
class Watch {
 public:
  Watch(std::shared_ptr<Site> site, int port)
      : site_(std::move(site)), port_(port), thread_([this](std::stop_token stop) { Run(stop); }) {}

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        MutexLock lock(site_->mutex);
        const auto crowded = [this] { return site_->busy >= kThreads; };
        site_->crowded.wait_for(lock, stop, crowded() ? kCrowdedLookTime : kLookTime,
                                [&, was = crowded()] { return !was && crowded(); });
      }
      if (!stop.stop_requested() && site_->busy > 0) Look();
    }
  }

  void Look() {
    const bool crowded = site_->busy >= kThreads;
    const std::vector<AcceptedSocket> sockets = AcceptedSockets(port_);
    const std::vector<std::uint64_t> drop = patience_.Look(Clients(sockets), Steady::now(), crowded);
    for (const AcceptedSocket& socket : sockets) {
      if (std::find(drop.begin(), drop.end(), socket.id) == drop.end()) continue;
      socket.Reset();
      log::Debug("hung up on a slow client",
                 {{"client", socket.peer}, {"crowded", crowded ? "true" : "false"}});
    }
  }

  std::vector<Patience::Client> Clients(const std::vector<AcceptedSocket>& sockets) const {
    std::vector<Patience::Client> clients;
    const MutexLock lock(site_->mutex);
    for (const AcceptedSocket& socket : sockets) {
      const auto served = site_->served.find(socket.peer);
      // A thread reads at once what comes: so what is unread waits for a thread.
      const auto phase = served != site_->served.end() ? served->second
                         : socket.unread > 0           ? Patience::Phase::kWaiting
                                                       : Patience::Phase::kAsking;
      clients.push_back({socket.id, phase, socket.taken});
    }
    return clients;
  }

  const std::shared_ptr<Site> site_;
  const int port_;
  Patience patience_;  // of the thread
  std::jthread thread_;
};

// Ends civetweb, which waits for all its threads, however long that takes: on a thread of its own, to be left
// alone with it when time is up. The thread is there from the start, since at the end none may be to be had.
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
  // Without civetweb, if it was not told to stop it.
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

// Sends an answer piece by piece, small pieces together, until done or hung up.
class Sender {
 public:
  explicit Sender(mg_connection* connection) : connection_(connection) {}

  void Send(std::string_view bytes) {
    if (bytes.size() < kSmallBytes) {
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
      failed_ = sent != static_cast<int>(slice.size());
      bytes.remove_prefix(slice.size());
    }
  }

  mg_connection* connection_;
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

std::string Head(mg_connection* connection, const WebResponse& response, std::size_t body_size) {
  std::size_t length = body_size;
  for (const std::string_view part : response.parts) length += part.size();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     mg_get_response_code_text(connection, response.status) + "\r\n";
  head += "Date: " + HttpDate() + "\r\n";
  head += "Content-Type: " + response.content_type + "\r\n";
  head += "Content-Length: " + std::to_string(length) + "\r\n";
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  // Pages load nothing, run nothing and are nobody's frame: style and data stand in them.
  head +=
      "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
      "base-uri 'none'; form-action 'none'\r\n"
      "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n";
  return head;
}

// False where the client did not take it all.
bool SendResponse(mg_connection* connection, const WebResponse& response, bool with_body) {
  Sender sender(connection);
  const std::string body = MaskedBody(response);
  sender.Send(Head(connection, response, body.size()));
  if (with_body) {
    sender.Send(body);
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
    Serving serving(site, info);
    const WebResponse response = Answer(site, request);

    serving.Sends();
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

// TRACE, which civetweb takes for no request: it calls it a 400 as it does nonsense.
bool IsTrace(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return info != nullptr && info->request_method != nullptr &&
         std::string_view(info->request_method) == "TRACE";
}

// Called by civetweb for requests it cannot parse (400, 408, 505). Its own answer formats the date with
// gmtime, which is not for threads.
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
  Site& site = SiteOf(connection);
  if (++site.busy < kThreads) return 0;
  { const MutexLock lock(site.mutex); }  // or the watch may miss it on its way to sleep
  site.crowded.notify_one();
  return 0;
}

// Requests whose target civetweb does not take for one of this server ("http://any.host/metrics", "*") come
// to no other hook, and would get no answer.
bool IsUnanswered(const mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  return info != nullptr && info->request_method != nullptr && info->request_uri != nullptr &&
         info->local_uri == nullptr && mg_get_user_connection_data(connection) == nullptr;
}

void OnClosing(const mg_connection* connection) noexcept {
  if (IsUnanswered(connection)) OnRequest(const_cast<mg_connection*>(connection));
  --SiteOf(connection).busy;
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
  std::optional<Watch> watch;
};

Result<std::unique_ptr<WebServer>> WebServer::Start(const WebOptions& options, std::vector<WebRoute> routes) {
  auto address = ParseListenAddress(options.listen_address);
  if (!address) return tl::unexpected(address.error());

  // civetweb goes on with whatever threads it got, and lets go of its memory under the first ones where the
  // next is refused.
  if (!HasThreadsFor(kThreads + kThreadsBeside)) {
    return Fail(ErrorCode::kInternal, "no thread for each of " + std::to_string(kThreads) +
                                          " connections to be had, want a higher limit of threads (ulimit "
                                          "-u, TasksMax)");
  }
  auto site = std::make_shared<Site>();
  site->routes = std::move(routes);
  site->max_requests = options.max_requests;
  auto impl = std::make_unique<Impl>(std::move(site));

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
  impl->watch.emplace(impl->site, address->port);
  return std::unique_ptr<WebServer>(new WebServer(std::move(impl)));
}

WebServer::WebServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

WebServer::~WebServer() = default;

WebServer::Impl::~Impl() {
  if (context == nullptr) return;
  const auto deadline = Steady::now() + kStopTime;
  site->Stop();
  watch.reset();
  stopper.Stop(context);
  constexpr auto kKnockTime = 10ms;
  while (!stopper.StoppedBy(std::min(deadline, Steady::now() + kKnockTime))) {
    if (Steady::now() >= deadline) break;
    Knock(address);
  }
  if (!site->WaitIdle(deadline)) {
    log::Error("a request is still being worked on at the end of the web server: leaving it behind");
  }
}

int WebServer::port() const { return impl_->address.port; }

}  // namespace o2o

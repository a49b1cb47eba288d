// SPDX-License-Identifier: Apache-2.0
#include "web/router.h"

#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace o2o {
namespace {

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

}  // namespace

WebResponse PlainText(int status, std::string text) {
  WebResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

// A handler's run, as far as stopping is concerned: none begins once the router has stopped.
class Router::Run {
 public:
  explicit Run(Router& router) : router_(router) {
    const MutexLock lock(router_.mutex_);
    allowed_ = !router_.stopping_;
    if (allowed_) ++router_.running_;
  }
  ~Run() {
    if (!allowed_) return;
    const MutexLock lock(router_.mutex_);
    --router_.running_;
    router_.idle_.notify_all();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  bool allowed() const { return allowed_; }

 private:
  Router& router_;
  bool allowed_ = false;
};

// A handler's run, as far as max_requests is concerned.
class Router::LimitedRun {
 public:
  explicit LimitedRun(Router& router)
      : router_(router), allowed_(router.limited_running_.fetch_add(1) < router.max_requests_) {}
  ~LimitedRun() { router_.limited_running_.fetch_sub(1); }
  LimitedRun(const LimitedRun&) = delete;
  LimitedRun& operator=(const LimitedRun&) = delete;
  bool allowed() const { return allowed_; }

 private:
  Router& router_;
  const bool allowed_;
};

Router::Router(std::vector<WebRoute> routes, int max_requests)
    : routes_(std::move(routes)), max_requests_(max_requests) {}

WebResponse Router::Answer(const WebRequest& request) {
  const WebRoute* route = nullptr;
  bool path_known = false;
  for (const WebRoute& candidate : routes_) {
    if (!Serves(candidate, request.path)) continue;
    path_known = true;
    if (route == nullptr && Answers(candidate, request.method)) route = &candidate;
  }
  if (!path_known) return NotFound();
  if (route == nullptr) return MethodNotAllowed(request);
  const Run run(*this);
  if (!run.allowed()) return Busy("503: the exporter is stopping.\n");
  return route->limited ? RunLimited(*route, request) : RunHandler(*route, request);
}

WebResponse Router::NotFound() const {
  std::string text = "404: no such page. The pages are:\n";
  for (const WebRoute& route : routes_)
    text += "  " + route.method + " " + route.path + (route.below ? "...\n" : "\n");
  return PlainText(404, std::move(text));
}

WebResponse Router::MethodNotAllowed(const WebRequest& request) const {
  std::set<std::string> methods;
  for (const WebRoute& route : routes_) {
    if (Serves(route, request.path)) methods.insert(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  std::string allowed;
  for (const std::string& method : methods) allowed += (allowed.empty() ? "" : ", ") + method;
  WebResponse response = PlainText(405, "405: this page answers " + allowed + " only.\n");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

WebResponse Router::RunLimited(const WebRoute& route, const WebRequest& request) {
  const LimitedRun run(*this);
  if (run.allowed()) return RunHandler(route, request);
  return Busy("503: too many requests at once (--web.max-requests " + std::to_string(max_requests_) +
              "); try again in a second.\n");
}

void Router::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
}

bool Router::WaitIdle(MonotonicTime deadline) {
  MutexLock lock(mutex_);
  return idle_.wait_until(lock, deadline, [this]() O2O_REQUIRES(mutex_) { return running_ == 0; });
}

}  // namespace o2o

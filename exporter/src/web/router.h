// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "web/web_route.h"

namespace o2o {

// A short answer in plain text.
WebResponse PlainText(int status, std::string text);

// Finds the route of a request and runs its handler. Unknown path 404, wrong method 405 with Allow, too many
// limited requests at once 503. Thread-safe.
class Router {
 public:
  Router(std::vector<WebRoute> routes, int max_requests);

  // Whatever happens in a handler ends in an answer.
  WebResponse Answer(const WebRequest& request);

  // From now on no handler starts: 503.
  void Stop();
  // Waits until no handler is running. False if one still is at the deadline.
  bool WaitIdle(MonotonicTime deadline);

 private:
  class Run;
  class LimitedRun;

  WebResponse NotFound() const;
  WebResponse MethodNotAllowed(const WebRequest& request) const;
  WebResponse RunLimited(const WebRoute& route, const WebRequest& request);

  const std::vector<WebRoute> routes_;
  const int max_requests_;
  std::atomic<int> limited_running_{0};

  Mutex mutex_;
  std::condition_variable_any idle_;
  bool stopping_ O2O_GUARDED_BY(mutex_) = false;
  int running_ O2O_GUARDED_BY(mutex_) = 0;  // handlers
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "web/web_route.h"

namespace o2o::testing {

inline WebResponse Plain(std::string body) {
  WebResponse response;
  response.body = std::move(body);
  return response;
}

inline WebRoute Route(std::string path, std::function<WebResponse(const WebRequest&)> handler,
                      std::string method = "GET") {
  WebRoute route;
  route.path = std::move(path);
  route.handler = std::move(handler);
  route.method = std::move(method);
  return route;
}

// Lets handlers wait until the test says so, for at most ten seconds.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return open_; });
    --waiting_;
    changed_.notify_all();
  }
  bool WaitFor(int waiting) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [this, waiting] { return waiting_ == waiting; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

}  // namespace o2o::testing

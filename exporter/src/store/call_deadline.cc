// SPDX-License-Identifier: Apache-2.0
#include "store/call_deadline.h"

#include <sys/socket.h>

namespace o2o {

CallDeadline::CallDeadline() : thread_([this](std::stop_token stop) { Watch(stop); }) {}

void CallDeadline::Arm(int socket, MonotonicTime at) {
  {
    const std::lock_guard lock(mutex_);
    watched_ = Watched{socket, at};
  }
  changed_.notify_one();
}

bool CallDeadline::Disarm() {
  const std::lock_guard lock(mutex_);
  const bool struck = watched_ && watched_->struck;
  watched_.reset();
  return struck;
}

void CallDeadline::Watch(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!watched_ || watched_->struck) {
      changed_.wait(lock, stop, [this] { return watched_ && !watched_->struck; });
      continue;
    }
    // Woken early when armed anew; until then a call that ended in time leaves us asleep, at the cost of one
    // idle wake-up.
    const MonotonicTime at = watched_->at;
    changed_.wait_until(lock, stop, at, [&] { return watched_ && watched_->at < at; });
    if (watched_ && !watched_->struck && watched_->at <= std::chrono::steady_clock::now()) {
      ::shutdown(watched_->socket, SHUT_RDWR);
      watched_->struck = true;
    }
  }
}

}  // namespace o2o

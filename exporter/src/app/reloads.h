// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <thread>

#include "base/duration.h"
#include "base/mutex.h"

namespace o2o {

// How a requested reload went, as far as the caller waited for it.
enum class ReloadAnswer {
  kDone,
  kFailed,   // the previous configuration is kept
  kRunning,  // not finished yet
  kBusy,     // another caller is waiting
};

// Runs reloads, one at a time, on a thread of its own. All requests made before a reload begins share it, and
// at most ten begin each second. Thread-safe.
class Reloads {
 public:
  // `reload`: returns whether the new configuration is in force; must not throw.
  explicit Reloads(std::function<bool()> reload);
  ~Reloads();

  // Waits for a reload in progress; no other begins, and waiting callers return.
  void Stop();

  // Never waits.
  void Ask() noexcept;
  // Requests a reload and waits for it, at most that long. One caller at a time: another one gets kBusy at
  // once, so that callers cannot use up the threads of the web server.
  ReloadAnswer AskAndWait(Millis at_most);

 private:
  void Run(const std::stop_token& stop) noexcept;

  const std::function<bool()> reload_;
  Mutex mutex_;
  std::condition_variable_any asked_changed_;
  std::condition_variable_any ended_changed_;
  std::uint64_t asked_ O2O_GUARDED_BY(mutex_) = 0;  // the number of requests
  std::uint64_t ended_ O2O_GUARDED_BY(mutex_) = 0;  // how many of them are answered
  bool last_good_ O2O_GUARDED_BY(mutex_) = false;
  bool waited_for_ O2O_GUARDED_BY(mutex_) = false;
  bool stopped_ O2O_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace o2o

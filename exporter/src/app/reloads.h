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

// How a request for a reload went, as far as whoever asked waited for it.
enum class ReloadAnswer {
  kDone,
  kFailed,   // the previous configuration is kept
  kRunning,  // not over yet
  kBusy,     // somebody else waits for one
};

// Runs reloads, one at a time, on a thread of its own. All who ask before one begins share it. However many
// ask, at most ten a second begin. Thread-safe.
class Reloads {
 public:
  // `reload`: returns whether the new configuration is in force; must not throw.
  explicit Reloads(std::function<bool()> reload);
  ~Reloads();

  // Waits for one in progress; none begins any more, and nobody waits for one.
  void Stop();

  // Never waits.
  void Ask();
  // Waits for the reload that this asks for, but no longer than that. One caller at a time: another one gets
  // kBusy at once, so that no number of them can use up the threads of the web server.
  ReloadAnswer AskAndWait(Millis at_most);

 private:
  void Run(const std::stop_token& stop);

  const std::function<bool()> reload_;
  Mutex mutex_;
  std::condition_variable_any asked_changed_;
  std::condition_variable_any ended_changed_;
  std::uint64_t asked_ O2O_GUARDED_BY(mutex_) = 0;  // the number of requests
  std::uint64_t ended_ O2O_GUARDED_BY(mutex_) = 0;  // those of them that are answered
  bool last_good_ O2O_GUARDED_BY(mutex_) = false;
  bool waited_for_ O2O_GUARDED_BY(mutex_) = false;
  bool stopped_ O2O_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace o2o

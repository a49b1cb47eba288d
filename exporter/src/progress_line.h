// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "app/catch_up.h"
#include "base/mutex.h"

namespace o2o {

// The one line in which `ingest` shows on a terminal what it is at: written over in place, each second too,
// and blank when it ends. The cursor waits at its start, so that a line of the log writes over it. Writes to
// stderr. Thread-safe.
class ProgressLine {
 public:
  // `terminal`: stderr is one; else nothing is ever written.
  explicit ProgressLine(bool terminal);
  ~ProgressLine() { End(); }
  ProgressLine(const ProgressLine&) = delete;

  void Show(const CatchUpStage& stage);
  // Leaves a blank line to whoever writes next, and shows no more.
  void End();

 private:
  std::string Text(std::chrono::seconds elapsed) const O2O_REQUIRES(mutex_);
  void Draw() O2O_REQUIRES(mutex_);

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Mutex mutex_;
  bool shown_ O2O_GUARDED_BY(mutex_);
  std::optional<CatchUpStage> stage_ O2O_GUARDED_BY(mutex_);  // nothing: it has not begun
  // Rows of the window's last answer, which holds those of the one before.
  std::size_t answered_ O2O_GUARDED_BY(mutex_) = 0;
  std::size_t width_ O2O_GUARDED_BY(mutex_) = 0;  // of what stands in the line
  std::jthread ticker_;                           // last: the first to end
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "app/catch_up.h"
#include "base/mutex.h"

namespace o2o {

// The progress of `ingest` on a terminal: one line that is rewritten in place, at least each second, and
// blank when it ends. The cursor stays at its start, so that a log line overwrites it. Writes to stderr.
// Thread-safe.
class ProgressLine {
 public:
  // `terminal`: whether stderr is one; otherwise nothing is ever written.
  explicit ProgressLine(bool terminal);
  ~ProgressLine() { End(); }
  ProgressLine(const ProgressLine&) = delete;

  void Show(const CatchUpStage& stage);
  // Blanks the line; nothing is shown from then on.
  void End();

 private:
  std::string Text(std::chrono::seconds elapsed) const O2O_REQUIRES(mutex_);
  void Draw() O2O_REQUIRES(mutex_);

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Mutex mutex_;
  bool shown_ O2O_GUARDED_BY(mutex_);
  std::optional<CatchUpStage> stage_ O2O_GUARDED_BY(mutex_);  // none: it has not begun
  // Rows of the window's last answer, which includes those of the previous one.
  std::size_t answered_ O2O_GUARDED_BY(mutex_) = 0;
  std::size_t width_ O2O_GUARDED_BY(mutex_) = 0;  // of the text on the line
  std::jthread ticker_;                           // last: the first to end
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/catch_up.h"

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
  std::string Text(std::chrono::seconds elapsed) const;
  void Draw();

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  bool shown_;                         // guarded by mutex_, as all below
  std::optional<CatchUpStage> stage_;  // nothing: it has not begun
  std::size_t answered_ = 0;  // rows of the window's last answer, which holds those of the one before
  std::size_t width_ = 0;     // of what stands in the line
  std::jthread ticker_;       // last: the first to end
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace o2o {

// Writes lines to a descriptor on a thread of its own, so that no caller waits for
// its reader: a pipe that is full, a terminal that is stopped, a disk that hangs. Thread-safe.
class LineWriter {
 public:
  // Beyond `max_bytes` of lines that wait to be written, lines are dropped. The descriptor stays the
  // caller's.
  LineWriter(int descriptor, std::size_t max_bytes) : descriptor_(descriptor), max_bytes_(max_bytes) {}
  // Waits for the line that is being written; those behind it are dropped.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Takes `line`, newline included, to be written by one write(). Never waits, never throws.
  void Write(std::string line) noexcept;
  // Waits until all lines taken so far are written or dropped, but no longer than that. Says whether they
  // are. Without a thread it writes them itself.
  bool Flush(std::chrono::milliseconds at_most);
  // Lines for which there was no room, or that could not be written.
  std::uint64_t dropped() const;

 private:
  void StartThread() noexcept O2O_REQUIRES(mutex_);  // in vain where none is available
  void Run();

  const int descriptor_;
  const std::size_t max_bytes_;
  mutable Mutex mutex_;  // never held while writing
  std::condition_variable_any filled_;
  std::condition_variable_any emptied_;
  std::deque<std::string> lines_ O2O_GUARDED_BY(mutex_);  // the first one may be being written
  std::size_t bytes_ O2O_GUARDED_BY(mutex_) = 0;          // of lines_
  std::uint64_t dropped_ O2O_GUARDED_BY(mutex_) = 0;
  bool ending_ O2O_GUARDED_BY(mutex_) = false;
  std::thread thread_ O2O_GUARDED_BY(mutex_);  // started by the first line
};

}  // namespace o2o

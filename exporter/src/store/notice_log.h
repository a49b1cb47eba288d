// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace o2o {

// Logs PostgreSQL's notices, so that neither a repeated warning nor a flood fills the log: a few lines every
// ten minutes, then how many were left out.
class NoticeLog {
 public:
  void operator()(const std::string& notice) { Log(notice, std::chrono::steady_clock::now()); }
  void Log(const std::string& notice, MonotonicTime now);

 private:
  MonotonicTime window_end_{};
  int shown_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace o2o

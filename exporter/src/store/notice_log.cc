// SPDX-License-Identifier: Apache-2.0
#include "store/notice_log.h"

#include "base/log.h"

namespace o2o {
namespace {

constexpr std::chrono::minutes kWindow{10};
constexpr int kMaxShown = 5;

}  // namespace

void NoticeLog::Log(const std::string& notice, MonotonicTime now) {
  if (now >= window_end_) {
    if (left_out_ > 0) log::Warn("notices of PostgreSQL left out", {{"count", std::to_string(left_out_)}});
    window_end_ = now + kWindow;
    shown_ = 0;
    left_out_ = 0;
  }
  if (shown_ == kMaxShown) {
    ++left_out_;
    return;
  }
  ++shown_;
  log::Warn("notice of PostgreSQL", {{"notice", notice}});
}

}  // namespace o2o

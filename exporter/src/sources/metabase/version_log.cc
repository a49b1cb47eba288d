// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/version_log.h"

#include <utility>

#include "base/log.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr auto kCheckInterval = 1h;

}  // namespace

VersionLog::VersionLog(std::string url, const Clock& clock) : url_(std::move(url)), clock_(clock) {}

bool VersionLog::BeginCheck() {
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  if (checked_ && now - *checked_ < kCheckInterval) return false;
  checked_ = now;
  return true;
}

void VersionLog::Note(const std::string& version) {
  {
    const MutexLock lock(mutex_);
    if (version == version_) return;
    version_ = version;
  }
  log::Info("Metabase version", {{"url", url_}, {"version", version}});
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"

namespace o2o {

// Logs which version a Metabase is, for all sources that ask it. Thread-safe.
class VersionLog {
 public:
  // `clock` must outlive it.
  VersionLog(std::string url, const Clock& clock);

  // Whether the caller is to ask for the version now: true for one caller at first, and for one in each hour.
  [[nodiscard]] bool BeginCheck();
  // The answer: logged where it differs from the last one.
  void Note(const std::string& version);

 private:
  const std::string url_;
  const Clock& clock_;

  Mutex mutex_;
  std::optional<MonotonicTime> checked_ O2O_GUARDED_BY(mutex_);
  std::string version_ O2O_GUARDED_BY(mutex_);
};

}  // namespace o2o

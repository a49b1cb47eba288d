// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "metrics/exporter_metrics.h"

namespace o2o {

// Whether the store works, as seen by those who write to it and those who read from it: a database that is
// read-only or full still answers readers. Feeds o2o_store_up. Thread-safe.
class StoreHealth {
 public:
  enum class Side { kRead, kWrite };

  explicit StoreHealth(ExporterMetrics& metrics) : metrics_(metrics) {}

  void Report(Side side, const Error* error);

  struct State {
    bool up = false;
    std::string error;  // of the side that is down; empty where up or not yet tried
  };
  State state() const;

  ExporterMetrics& metrics() { return metrics_; }

 private:
  ExporterMetrics& metrics_;
  mutable std::mutex mutex_;
  bool tried_ = false;                      // guarded by mutex_
  std::optional<std::string> read_error_;   // guarded by mutex_
  std::optional<std::string> write_error_;  // guarded by mutex_
};

}  // namespace o2o

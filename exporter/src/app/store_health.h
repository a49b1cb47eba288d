// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "metrics/exporter_metrics.h"

namespace o2o {

// Whether the store works, for its writer and for its readers: a database that is read-only or full still
// answers readers. Feeds o2o_store_up. Thread-safe.
class StoreHealth {
 public:
  // The watermark is read before the OMS is polled: it shows whether the database is reachable even while
  // there is nothing to write.
  enum class Side { kRead, kWatermark, kWrite };

  explicit StoreHealth(ExporterMetrics& metrics) : metrics_(metrics) {}

  void Report(Side side, const Error* error);

  // From now on reports change no metric and are not logged: a successor reports on the same database.
  void Retire();

  struct State {
    bool up = false;
    std::string error;  // of the side that is down; empty if up or not tried yet
  };
  State state() const;

  ExporterMetrics& metrics() { return metrics_; }

 private:
  ExporterMetrics& metrics_;
  mutable Mutex mutex_;
  bool IsUp() const O2O_REQUIRES(mutex_);

  bool retired_ O2O_GUARDED_BY(mutex_) = false;
  bool tried_ O2O_GUARDED_BY(mutex_) = false;
  std::array<std::optional<std::string>, 3> errors_ O2O_GUARDED_BY(mutex_);  // by side
};

}  // namespace o2o

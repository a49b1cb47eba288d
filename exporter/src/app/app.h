// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "app/order_feed.h"
#include "app/poller.h"
#include "app/store_health.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "config/config_loader.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "sources/metabase/access.h"

namespace o2o {

// The running program below HTTP: every source of a configuration with its poller, and the reading of the
// order store where there is one. Sources publish to `board` and their state goes to `metrics`; these
// and `metabase` outlive every configuration, so that a reload keeps counters, the last good series and
// logins. Thread-safe.
class App {
 public:
  App(SnapshotBoard& board, ExporterMetrics& metrics, MetabaseAccess& metabase, const Clock& clock);
  // Does what RequestStop() and Join() do.
  ~App();

  // Brings the sources of `config` into force, whole or not at all, without waiting for any poll. A source
  // whose configuration did not change keeps running undisturbed; others start; those that were removed or
  // replaced publish nothing from then on and end in the background. Fails if no thread can be started, or if
  // too many earlier sources have not ended yet. One caller at a time.
  [[nodiscard]] Result<void> Apply(ValidatedConfig config);

  // Asks polls in progress to end; Join() waits for them, and for sources that an Apply() replaced. No
  // Apply() may follow.
  void RequestStop();
  void Join();

  // In configuration order.
  std::vector<SourceStatus> Sources() const;

  // Empty without a store.
  std::optional<StoreHealth::State> Store() const;

  // True once every source has finished its first poll, well or not, or has series on the board: then a
  // scrape shows all there is. Stays true over reloads.
  bool FirstPollsDone() const;

  // Removes what has become too old from the board. Call before reading the board.
  void ExpireStale();

  // The one in force; null before the first Apply().
  std::shared_ptr<const ValidatedConfig> config() const;

 private:
  struct Unit;
  struct Orders;
  struct Mapped;
  using Units = std::vector<std::shared_ptr<Unit>>;

  Units CurrentUnits() const;
  Units UnitsFor(const std::shared_ptr<const ValidatedConfig>& config) const;
  std::shared_ptr<Unit> KeptOrMade(const Units& running, const std::string& name, std::size_t made_of,
                                   const std::function<std::shared_ptr<Unit>()>& make) const;
  std::unique_ptr<Poller> MakePoller(PollerOptions options, Source& source) const;
  std::shared_ptr<Unit> MakeOrders(const std::shared_ptr<const ValidatedConfig>& config,
                                   const SourceConfig* oms) const;
  std::shared_ptr<Unit> MakeMapped(const std::shared_ptr<const ValidatedConfig>& config,
                                   const SourceConfig& source) const;
  static const Poller* FindPoller(const Units& units, const std::string& source);
  void Retire(const Units& before, const Units& next);
  void JoinRetired(const std::stop_token& stop) noexcept;

  SnapshotBoard& board_;
  ExporterMetrics& metrics_;
  MetabaseAccess& metabase_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::shared_ptr<const ValidatedConfig> config_ O2O_GUARDED_BY(mutex_);
  Units units_ O2O_GUARDED_BY(mutex_);  // in configuration order
  mutable std::atomic<bool> polled_{false};

  Mutex retired_mutex_;
  std::condition_variable_any retired_changed_;
  std::deque<std::shared_ptr<Unit>> retired_ O2O_GUARDED_BY(retired_mutex_);  // asked to end, not yet joined
  std::jthread joiner_;
};

}  // namespace o2o

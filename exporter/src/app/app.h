// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/order_feed.h"
#include "app/poller.h"
#include "base/clock.h"
#include "config/config_loader.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "sources/mapped_source.h"
#include "sources/metabase_sessions.h"
#include "sources/oms_config.h"
#include "store/order_store.h"

namespace o2o {

// The running program below HTTP: every source of a configuration with its poller, built bottom-up. What
// they publish goes to `board`, what they are like to `metrics`; these
// and `sessions` outlive an App, so that a reload keeps counters, the last good series and logins. Public
// functions are thread-safe after Start().
class App {
 public:
  App(ValidatedConfig config, SnapshotBoard& board, ExporterMetrics& metrics, MetabaseSessions& sessions,
      const Clock& clock);
  ~App();

  void Start();
  // Ends polls in progress as soon as their upstream lets go; Join() waits for that.
  void RequestStop();
  void Join();

  // In configuration order.
  std::vector<SourceStatus> Sources() const;

  // Nothing where no source keeps orders.
  std::optional<StoreHealth::State> Store() const;

  // True once every source has finished its first poll, well or not: then a scrape shows all there is.
  bool FirstPollsDone() const;

  // Takes out of the board what has become too old. Call before reading the board.
  void ExpireStale();

  const Config& config() const { return *config_; }

 private:
  struct Oms;     // what belongs to the OMS feed: upstream, stores, feed, tallies
  struct Mapped;  // what belongs to a source of mapped rows

  void AddOms(const SourceConfig& config, const OmsSourceConfig& oms);
  void AddMapped(const SourceConfig& config, const MappedSourceConfig& mapped);
  void AddPoller(const SourceConfig& config, std::string name, std::string kind, Source& source);

  const ValidatedConfig config_;
  SnapshotBoard& board_;
  ExporterMetrics& metrics_;
  MetabaseSessions& sessions_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Oms>> oms_;
  std::vector<std::unique_ptr<Mapped>> mapped_;
  std::vector<std::unique_ptr<Poller>> pollers_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <algorithm>
#include <random>
#include <set>
#include <system_error>
#include <utility>

#include "app/order_tallies.h"
#include "base/log.h"
#include "config/fingerprint.h"
#include "config/source_names.h"
#include "http/curl_http_client.h"
#include "sources/http_options.h"
#include "sources/mapped_source.h"
#include "sources/oms/api.h"
#include "sources/oms/config.h"
#include "store/pg_order_store.h"

namespace o2o {
namespace {

// The limit of sources that were replaced while they hung: each keeps a thread or two until its upstream
// answers. Beyond it a reload is refused.
constexpr std::size_t kMostRetired = 200;

}  // namespace

// Pollers and what they poll, which start, run and end together.
struct App::Unit {
  std::string name;
  std::size_t made_of = 0;                        // its configuration's fingerprint
  std::shared_ptr<const ValidatedConfig> config;  // the unit may refer to it
  std::unique_ptr<Orders> orders;                 // one of the two
  std::unique_ptr<Mapped> mapped;
  std::vector<std::unique_ptr<Poller>> pollers;  // ended before what they poll

  ~Unit();
  void RequestStop();
  void Join() {
    for (const auto& poller : pollers) poller->Join();
  }
};

// The memory of orders and, where there is an OMS, the feed of it.
struct App::Orders {
  struct Feed {
    Feed(const Config& config, const SourceConfig& source, const OmsSourceConfig& oms, const Clock& clock,
         ClockOffset& clock_offset, StoreHealth& health, std::function<void()> on_committed)
        : http(ToHttpOptions(oms.tls, oms.proxy)),
          api(oms, http),
          writer(*config.store, config.orders.statuses, config.orders.order_types),
          feed(ToFeedOptions(source, oms), config.orders, api, writer, clock, clock_offset, health,
               std::move(on_committed)) {}

    CurlHttpClient http;
    HttpOmsApi api;
    PgOrderStore writer;  // of the feed's thread
    OrderFeed feed;
  };

  Orders(const Config& config, const std::string& oms, ExporterMetrics& metrics, const Clock& clock)
      : health(metrics),
        reader(*config.store, config.orders.statuses, config.orders.order_types),
        tallies(oms, config.orders, reader, clock, clock_offset, health) {}

  ClockOffset clock_offset;
  StoreHealth health;
  PgOrderStore reader;  // of the tallies' thread
  OrderTallies tallies;
  std::optional<Feed> feed;
};

// A source whose rows a mapping turns into series, with the connection of its own that it needs.
struct App::Mapped {
  Mapped(const SourceConfig& source_config, const MappedSourceConfig& config, MetabaseAccess& metabase,
         const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy)),
        source(config.MakeSource({source_config.timeout, http, metabase, clock})) {}

  CurlHttpClient http;
  std::unique_ptr<MappedSource> source;
};

App::Unit::~Unit() = default;

void App::Unit::RequestStop() {
  if (orders) orders->health.Retire();
  for (const auto& poller : pollers) poller->RequestStop();
  if (!orders) return;
  orders->reader.Interrupt();
  if (orders->feed) orders->feed->writer.Interrupt();
}

App::App(SnapshotBoard& board, ExporterMetrics& metrics, MetabaseAccess& metabase, const Clock& clock)
    : board_(board),
      metrics_(metrics),
      metabase_(metabase),
      clock_(clock),
      joiner_([this](const std::stop_token& stop) { JoinRetired(stop); }) {}

App::~App() {
  RequestStop();
  Join();
}

std::unique_ptr<Poller> App::MakePoller(PollerOptions options, Source& source) const {
  return std::make_unique<Poller>(std::move(options), source, board_, metrics_, clock_,
                                  std::random_device()());
}

std::shared_ptr<App::Unit> App::MakeOrders(const std::shared_ptr<const ValidatedConfig>& config,
                                           const SourceConfig* oms) const {
  auto unit = std::make_shared<Unit>();
  unit->config = config;
  unit->orders = std::make_unique<Orders>(**config, oms ? oms->name : "", metrics_, clock_);
  // Without an OMS, other programs write the orders and no feed nudges this poller.
  const SourceConfig rhythm = oms ? *oms : SourceConfig{};
  auto tallies = MakePoller({std::string(kOrderStoreSource), "store", rhythm.interval,
                             oms ? rhythm.stale_after : 3 * rhythm.interval},
                            unit->orders->tallies);
  if (oms) {
    unit->orders->feed.emplace(**config, *oms, dynamic_cast<const OmsSourceConfig&>(*oms->kind_config),
                               clock_, unit->orders->clock_offset, unit->orders->health,
                               [poller = tallies.get()] { poller->Nudge(); });
    unit->pollers.push_back(
        MakePoller({oms->name, oms->kind, oms->interval, oms->stale_after}, unit->orders->feed->feed));
  }
  unit->pollers.push_back(std::move(tallies));
  return unit;
}

std::shared_ptr<App::Unit> App::MakeMapped(const std::shared_ptr<const ValidatedConfig>& config,
                                           const SourceConfig& source) const {
  auto unit = std::make_shared<Unit>();
  unit->config = config;
  unit->mapped = std::make_unique<Mapped>(
      source, dynamic_cast<const MappedSourceConfig&>(*source.kind_config), metabase_, clock_);
  unit->pollers.push_back(
      MakePoller({source.name, source.kind, source.interval, source.stale_after}, *unit->mapped->source));
  return unit;
}

std::shared_ptr<App::Unit> App::KeptOrMade(const Units& running, const std::string& name, std::size_t made_of,
                                           const std::function<std::shared_ptr<Unit>()>& make) const {
  for (const auto& unit : running) {
    if (unit->name == name && unit->made_of == made_of) return unit;
  }
  std::shared_ptr<Unit> unit = make();
  unit->name = name;
  unit->made_of = made_of;
  for (const auto& poller : unit->pollers) poller->Prepare();
  return unit;
}

App::Units App::UnitsFor(const std::shared_ptr<const ValidatedConfig>& config) const {
  const Units running = CurrentUnits();
  const Config& sources = **config;
  Units units;
  bool tallied = false;
  const auto add_orders = [&](const SourceConfig* oms) {
    const std::size_t made_of =
        oms ? CombineFingerprints(sources.orders_fingerprint, oms->fingerprint) : sources.orders_fingerprint;
    units.push_back(KeptOrMade(running, std::string(kOrderStoreSource), made_of,
                               [&] { return MakeOrders(config, oms); }));
    tallied = true;
  };
  for (const SourceConfig& source : sources.sources) {
    if (dynamic_cast<const OmsSourceConfig*>(source.kind_config.get()) != nullptr) {
      add_orders(&source);
    } else {
      units.push_back(
          KeptOrMade(running, source.name, source.fingerprint, [&] { return MakeMapped(config, source); }));
    }
  }
  if (sources.store && !tallied) add_orders(nullptr);
  return units;
}

Result<void> App::Apply(ValidatedConfig validated) {
  {
    const MutexLock lock(retired_mutex_);
    if (retired_.size() >= kMostRetired) {
      return Fail(ErrorCode::kConfig,
                  std::to_string(retired_.size()) +
                      " sources of earlier configurations still wait for their upstreams, "
                      "want fewer: reload again later, or restart");
    }
  }
  const auto config = std::make_shared<const ValidatedConfig>(std::move(validated));
  Units next;
  try {
    next = UnitsFor(config);
  } catch (const std::system_error& error) {
    return Fail(ErrorCode::kInternal, std::string("cannot start a thread for each source (") + error.what() +
                                          "), want a higher limit of threads (ulimit -u, TasksMax)");
  }
  Units before;
  {
    const MutexLock lock(mutex_);
    before = std::exchange(units_, next);
    config_ = config;
  }
  Retire(before, next);
  for (const auto& unit : next) {
    if (std::find(before.begin(), before.end(), unit) != before.end()) continue;
    for (const auto& poller : unit->pollers) poller->Start(FindPoller(before, poller->status().source));
  }
  return {};
}

const Poller* App::FindPoller(const Units& units, const std::string& source) {
  for (const auto& unit : units) {
    for (const auto& poller : unit->pollers) {
      if (poller->status().source == source) return poller.get();
    }
  }
  return nullptr;
}

// Ends the units of `before` that are not in `next`, and withdraws what they published unless a unit of
// `next` publishes under the same name.
void App::Retire(const Units& before, const Units& next) {
  std::set<std::string> names;
  for (const auto& unit : next) {
    for (const auto& poller : unit->pollers) names.insert(poller->status().source);
  }
  for (const auto& unit : before) {
    if (std::find(next.begin(), next.end(), unit) != next.end()) continue;
    unit->RequestStop();
    for (const auto& poller : unit->pollers) {
      const std::string source = poller->status().source;
      if (names.contains(source)) continue;
      board_.Remove(source);
      metrics_.RemoveSource(source);
    }
    const MutexLock lock(retired_mutex_);
    retired_.push_back(unit);
  }
  retired_changed_.notify_one();
}

void App::JoinRetired(const std::stop_token& stop) noexcept {
  MutexLock lock(retired_mutex_);
  while (retired_changed_.wait(lock, stop,
                               [this]() O2O_REQUIRES(retired_mutex_) { return !retired_.empty(); })) {
    const std::shared_ptr<Unit> unit = retired_.front();  // counts as retired until joined
    lock.unlock();
    unit->Join();
    lock.lock();
    retired_.pop_front();
  }
}

void App::RequestStop() {
  for (const auto& unit : CurrentUnits()) unit->RequestStop();
}

void App::Join() {
  for (const auto& unit : CurrentUnits()) unit->Join();
  joiner_.request_stop();
  if (joiner_.joinable()) joiner_.join();
}

App::Units App::CurrentUnits() const {
  const MutexLock lock(mutex_);
  return units_;
}

std::shared_ptr<const ValidatedConfig> App::config() const {
  const MutexLock lock(mutex_);
  return config_;
}

std::vector<SourceStatus> App::Sources() const {
  std::vector<SourceStatus> all;
  for (const auto& unit : CurrentUnits()) {
    for (const auto& poller : unit->pollers) all.push_back(poller->status());
  }
  return all;
}

std::optional<StoreHealth::State> App::Store() const {
  for (const auto& unit : CurrentUnits()) {
    if (unit->orders) return unit->orders->health.state();
  }
  return std::nullopt;
}

bool App::FirstPollsDone() const {
  if (polled_) return true;
  if (config() == nullptr) return false;
  const SnapshotBoard::Snapshots published = board_.Read();
  for (const SourceStatus& status : Sources()) {
    if (status.state == SourceStatus::State::kStarting && !published.contains(status.source)) return false;
  }
  polled_ = true;
  return true;
}

void App::ExpireStale() {
  for (const auto& unit : CurrentUnits()) {
    for (const auto& poller : unit->pollers) poller->ExpireIfStale();
  }
}

}  // namespace o2o

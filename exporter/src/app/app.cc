// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <algorithm>
#include <random>

#include "app/order_tallies.h"
#include "http/curl_http_client.h"
#include "sources/http_options.h"
#include "sources/oms_api.h"
#include "store/pg_order_store.h"

namespace o2o {
namespace {

// The name under which the reading of the order tallies appears among the sources.
constexpr std::string_view kTalliesSource = "order-store";

}  // namespace

struct App::Oms {
  Oms(const Config& config, const SourceConfig& source, const OmsSourceConfig& oms, ExporterMetrics& metrics,
      const Clock& clock, std::function<void()> on_committed)
      : health(metrics),
        http(ToHttpOptions(oms.tls, oms.proxy)),
        api(ToOmsOptions(oms), http),
        writer(*config.store, config.orders.statuses, config.orders.order_types),
        reader(*config.store, config.orders.statuses, config.orders.order_types),
        feed(ToFeedOptions(source, oms), config.orders, api, writer, clock, clock_offset, health,
             std::move(on_committed)),
        tallies(source.name, config.orders, reader, clock, clock_offset, health) {}

  ClockOffset clock_offset;
  StoreHealth health;
  CurlHttpClient http;
  HttpOmsApi api;
  PgOrderStore writer;  // of the feed's thread
  PgOrderStore reader;  // of the tallies' thread
  OrderFeed feed;
  OrderTallies tallies;
};

// A source whose rows a mapping turns into series, with the connection of its own that it needs.
struct App::Mapped {
  Mapped(const SourceConfig& source_config, const MappedSourceConfig& config, MetabaseSessions& sessions,
         const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy)),
        source(config.MakeSource({source_config.timeout, http, sessions, clock})) {}

  CurlHttpClient http;
  std::unique_ptr<MappedSource> source;
};

App::App(ValidatedConfig config, SnapshotBoard& board, ExporterMetrics& metrics, MetabaseSessions& sessions,
         const Clock& clock)
    : config_(std::move(config)), board_(board), metrics_(metrics), sessions_(sessions), clock_(clock) {
  for (const SourceConfig& source : config_->sources) {
    const KindConfig& kind = *source.kind_config;
    if (const auto* mapped = dynamic_cast<const MappedSourceConfig*>(&kind)) {
      AddMapped(source, *mapped);
    } else {
      AddOms(source, dynamic_cast<const OmsSourceConfig&>(kind));
    }
  }
}

void App::AddOms(const SourceConfig& config, const OmsSourceConfig& oms) {
  const std::size_t tallies = pollers_.size() + 1;
  oms_.push_back(std::make_unique<Oms>(*config_, config, oms, metrics_, clock_,
                                       [this, tallies] { pollers_[tallies]->Nudge(); }));
  AddPoller(config, config.name, config.kind, oms_.back()->feed);
  AddPoller(config, std::string(kTalliesSource), "store", oms_.back()->tallies);
}

void App::AddMapped(const SourceConfig& config, const MappedSourceConfig& mapped) {
  mapped_.push_back(std::make_unique<Mapped>(config, mapped, sessions_, clock_));
  AddPoller(config, config.name, config.kind, *mapped_.back()->source);
}

void App::AddPoller(const SourceConfig& config, std::string name, std::string kind, Source& source) {
  PollerOptions options{std::move(name), std::move(kind), config.interval, config.stale_after};
  pollers_.push_back(
      std::make_unique<Poller>(std::move(options), source, board_, metrics_, clock_, std::random_device()()));
}

App::~App() {
  RequestStop();
  Join();
}

void App::Start() {
  for (auto& poller : pollers_) poller->Start();
}

void App::RequestStop() {
  for (auto& poller : pollers_) poller->RequestStop();
  for (auto& oms : oms_) {
    oms->writer.Interrupt();
    oms->reader.Interrupt();
  }
}

void App::Join() {
  for (auto& poller : pollers_) poller->Join();
}

std::vector<SourceStatus> App::Sources() const {
  std::vector<SourceStatus> all;
  for (const auto& poller : pollers_) all.push_back(poller->status());
  return all;
}

std::optional<StoreHealth::State> App::Store() const {
  if (oms_.empty()) return std::nullopt;
  return oms_.front()->health.state();
}

bool App::FirstPollsDone() const {
  return std::all_of(pollers_.begin(), pollers_.end(), [](const auto& poller) {
    return poller->status().state != SourceStatus::State::kStarting;
  });
}

void App::ExpireStale() {
  for (auto& poller : pollers_) poller->ExpireIfStale();
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/app.h"

#include <algorithm>
#include <random>
#include <variant>

#include "app/order_tallies.h"
#include "http/curl_http_client.h"
#include "sources/oms_api.h"
#include "store/pg_order_store.h"

namespace o2o {
namespace {

// The name under which the reading of the order tallies appears among the sources.
constexpr std::string_view kTalliesSource = "order-store";

HttpOptions ToHttpOptions(const TlsConfig& tls) {
  HttpOptions options;
  options.ca_file = tls.ca_file;
  options.client_cert_file = tls.client_cert_file;
  options.client_key_file = tls.client_key_file;
  options.insecure_skip_verify = tls.insecure_skip_verify;
  options.user_agent = "o2o-exporter";
  return options;
}

OmsOptions ToOmsOptions(const SourceConfig& source, const OmsSourceConfig& oms) {
  OmsOptions options;
  options.url = oms.url;
  options.api_key = oms.api_key;
  options.timezone = oms.timezone;
  options.timeout = source.timeout;
  options.max_body_bytes = oms.max_body_bytes;
  return options;
}

OrderFeedOptions ToFeedOptions(const SourceConfig& source, const OmsSourceConfig& oms) {
  OrderFeedOptions options;
  options.source = source.name;
  options.overlap = oms.overlap;
  options.initial_lookback = oms.initial_lookback;
  options.limit = oms.limit;
  options.max_limit = oms.max_limit;
  return options;
}

}  // namespace

struct App::Oms {
  Oms(const Config& config, const SourceConfig& source, const OmsSourceConfig& oms, ExporterMetrics& metrics,
      const Clock& clock, std::function<void()> on_committed)
      : health(metrics),
        http(ToHttpOptions(oms.tls)),
        api(ToOmsOptions(source, oms), http),
        writer(*config.store, config.orders.statuses),
        reader(*config.store, config.orders.statuses),
        feed(ToFeedOptions(source, oms), config.orders.statuses, api, writer, clock, clock_offset, health,
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

App::App(ValidatedConfig config, SnapshotBoard& board, ExporterMetrics& metrics, const Clock& clock)
    : config_(std::move(config)), board_(board), metrics_(metrics), clock_(clock) {
  std::random_device random;
  const auto add_poller = [&](PollerOptions options, Source& source) {
    pollers_.push_back(std::make_unique<Poller>(std::move(options), source, board_, metrics_, clock_, random()));
    return pollers_.back().get();
  };
  for (const SourceConfig& source : config_->sources) {
    // The one list of source kinds: a new kind adds its alternative here.
    const auto& oms = std::get<OmsSourceConfig>(source.kind);
    const std::size_t tallies_index = pollers_.size() + 1;
    oms_.push_back(std::make_unique<Oms>(*config_, source, oms, metrics_, clock_,
                                         [this, tallies_index] { pollers_[tallies_index]->Nudge(); }));
    add_poller({source.name, "oms", source.interval, source.stale_after}, oms_.back()->feed);
    add_poller({std::string(kTalliesSource), "store", source.interval, source.stale_after}, oms_.back()->tallies);
  }
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

Result<IngestResult> RunIngest(const Config& config, Millis since, const Clock& clock,
                               const std::function<void(const AskedPage&)>& progress, std::stop_token stop) {
  for (const SourceConfig& source : config.sources) {
    const auto* oms = std::get_if<OmsSourceConfig>(&source.kind);
    if (!oms) continue;
    ExporterMetrics metrics;
    StoreHealth health(metrics);
    ClockOffset clock_offset;
    CurlHttpClient http(ToHttpOptions(oms->tls));
    HttpOmsApi api(ToOmsOptions(source, *oms), http);
    PgOrderStore store(*config.store, config.orders.statuses);
    OrderFeed feed(ToFeedOptions(source, *oms), config.orders.statuses, api, store, clock, clock_offset, health,
                   nullptr);
    return feed.CatchUp(since, progress, stop);
  }
  return Fail(ErrorCode::kConfig, "no source of kind oms is enabled: set OMS_URL, or `sources` in the configuration");
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/ingest.h"

#include <stop_token>
#include <utility>

#include "app/clock_offset.h"
#include "app/order_feed.h"
#include "app/store_health.h"
#include "http/curl_http_client.h"
#include "sources/http_options.h"
#include "sources/oms/api.h"
#include "sources/oms/config.h"
#include "store/pg_order_store.h"

namespace o2o {

Result<CaughtUp> RunIngest(const Config& config, const CatchUpRange& range, const Clock& clock,
                           const CatchUpProgress& progress, std::stop_token stop) {
  for (const SourceConfig& source : config.sources) {
    const auto* oms = dynamic_cast<const OmsSourceConfig*>(source.kind_config.get());
    if (!oms) continue;
    ExporterMetrics metrics;
    StoreHealth health(metrics);
    ClockOffset clock_offset;
    CurlHttpClient http(ToHttpOptions(oms->tls, oms->proxy));
    HttpOmsApi api(*oms, http);
    PgOrderStore store(*config.store, config.orders.statuses, config.orders.order_types);
    OrderFeed feed(ToFeedOptions(source, *oms), config.orders, api, store, clock, clock_offset, health,
                   nullptr);
    const std::stop_callback cut(stop, [&store] { store.Interrupt(); });
    return CatchUp(feed, store, range, progress, std::move(stop));
  }
  return Fail(ErrorCode::kConfig,
              "no source of kind oms is enabled: set OMS_URL, or `sources` in the configuration");
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/duration.h"
#include "base/secret.h"
#include "base/time_zone.h"
#include "config/endpoint_loader.h"
#include "config/source_kind.h"
#include "orders/order_limits.h"
#include "sources/oauth2.h"

namespace o2o {

// An order management system, whose orders are kept in PostgreSQL.
struct OmsSourceConfig final : KindConfig {
  std::string url;  // without a slash at its end
  Secret api_key;   // empty only beside oauth2
  std::optional<OAuth2Config> oauth2;
  TlsConfig tls;
  ProxyConfig proxy;
  Headers headers;    // in addition, for a proxy in front of the OMS
  TimeZone timezone;  // of an updated_at without offset
  // How far before the watermark rows are requested again, for rows that commit late and for the tolerance
  // with which the OMS's clock is known; hence at least a minute.
  Millis overlap{120'000};
  Millis initial_lookback{3'600'000};  // the first window of an empty database
  std::int64_t limit = 1'000;
  std::int64_t max_limit = kDefaultMaxLimit;  // bounds the rows held in memory, see MaxPageRows
  std::uint64_t max_body_bytes = 64u << 20;
};

std::shared_ptr<const KindConfig> ReadOms(MapReader oms, const MappingPlace& place);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/config.h"

#include <optional>
#include <string>

#include "config/endpoint_loader.h"

namespace o2o {
namespace {

using std::chrono::days;
using std::chrono::minutes;

}  // namespace

std::shared_ptr<const KindConfig> ReadOms(MapReader oms, const MappingPlace&) {
  OmsSourceConfig config;
  ReadUrl(oms, "want the base URL of the OMS, like https://oms.example.com", {}, config.url);
  while (config.url.ends_with('/')) config.url.pop_back();
  config.oauth2 = ReadOAuth2(oms);
  if (config.oauth2) {
    oms.SecretIfAny("api_key", config.api_key);
  } else {
    oms.SecretText("api_key", config.api_key);
  }
  ReadTimeZone(oms, config.timezone);
  oms.Duration("overlap", config.overlap, {minutes(1), days(1)});
  oms.Duration("initial_lookback", config.initial_lookback, {minutes(1), days(365)});
  constexpr std::int64_t kMostRows = 1'000'000;
  oms.Integer("limit", config.limit, {1, kMostRows});
  oms.Integer("max_limit", config.max_limit, {1, kMostRows});
  if (config.limit > config.max_limit) {
    oms.Fail(oms.Has("limit") ? "limit" : "max_limit",
             "limit " + std::to_string(config.limit) + " is above max_limit " +
                 std::to_string(config.max_limit) + ", want limit <= max_limit");
  }
  oms.Bytes("max_body", config.max_body_bytes, {1u << 10, 1u << 30});
  ReadTls(oms.Section("tls"), config.tls);
  ReadProxy(oms, config.proxy);
  TakenHeaders taken = {{"x-api-key", "is set by api_key, want one of the two"}};
  if (config.oauth2) taken["authorization"] = "is set by oauth2, want one of the two";
  ReadHeaders(oms, taken, config.headers);
  return std::make_shared<OmsSourceConfig>(std::move(config));
}

}  // namespace o2o

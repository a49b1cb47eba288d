// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time_text.h"
#include "http/http_client.h"
#include "orders/order.h"
#include "orders/order_limits.h"
#include "sources/oauth2.h"

namespace o2o {

struct OmsOptions {
  std::string url;  // base, without /api/v1/...
  Secret api_key;
  std::vector<std::pair<std::string, Secret>> headers;  // beside it
  std::optional<OAuth2Config> oauth2;                   // in its place, or beside it
  TimeZone timezone;                                    // of an updated_at without offset
  std::size_t max_body_bytes = 64u << 20;
  std::size_t max_rows = MaxPageRows(kDefaultMaxLimit);
};

// What to ask for. Both positive.
struct OmsWindow {
  std::int64_t minutes = 1;
  std::int64_t limit = 1;
};

// The OMS's feed of recent orders, `GET {url}/api/v1/monitor/recent?minutes=M&limit=L`, as a typed call. An
// interface, so that the feed's logic is tested against a scripted one.
class OmsApi {
 public:
  virtual ~OmsApi() = default;
  // Within `timeout`.
  virtual Result<OrderPage> Recent(const OmsWindow& window, Millis timeout, std::stop_token stop) = 0;
};

// Over HTTP. One thread at a time. `http` must outlive it.
class HttpOmsApi final : public OmsApi {
 public:
  HttpOmsApi(OmsOptions options, HttpClient& http);
  Result<OrderPage> Recent(const OmsWindow& window, Millis timeout, std::stop_token stop) override;

 private:
  OmsOptions options_;
  std::optional<OAuth2Client> oauth2_;
  HttpClient& http_;
};

}  // namespace o2o

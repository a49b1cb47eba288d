// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "base/duration.h"
#include "base/result.h"
#include "http/http_client.h"
#include "orders/order.h"
#include "sources/oauth2.h"
#include "sources/oms/config.h"

namespace o2o {

// What to request. Both are positive.
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
  [[nodiscard]] virtual Result<OrderPage> Recent(const OmsWindow& window, Millis timeout,
                                                 std::stop_token stop) = 0;
};

// Over HTTP. One thread at a time. `http` must outlive it.
class HttpOmsApi final : public OmsApi {
 public:
  HttpOmsApi(OmsSourceConfig config, HttpClient& http);
  [[nodiscard]] Result<OrderPage> Recent(const OmsWindow& window, Millis timeout,
                                         std::stop_token stop) override;

 private:
  const OmsSourceConfig config_;
  std::optional<OAuth2Client> oauth2_;
  HttpClient& http_;
};

}  // namespace o2o

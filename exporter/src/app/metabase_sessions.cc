// SPDX-License-Identifier: Apache-2.0
#include "app/metabase_sessions.h"

#include "app/http_options.h"
#include "http/curl_http_client.h"

namespace o2o {
namespace {

// A login is one row of one table and a slow hash.
constexpr Millis kLoginTimeout{10'000};

}  // namespace

struct MetabaseSessions::Entry {
  Entry(const MetabaseSourceConfig& config, const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy_url)),
        session(config.url, config.username, config.password, kLoginTimeout, http, clock) {}

  CurlHttpClient http;
  MetabaseSession session;
};

MetabaseSessions::MetabaseSessions(const Clock& clock) : clock_(clock) {}

MetabaseSessions::~MetabaseSessions() = default;

MetabaseSession* MetabaseSessions::For(const MetabaseSourceConfig& config) {
  if (!config.api_key.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  // A changed password is a new try; the same one keeps its history.
  const std::string key = config.url + '\n' + config.username + '\n' + config.password.Reveal();
  auto& entry = entries_[key];
  if (!entry) entry = std::make_unique<Entry>(config, clock_);
  return &entry->session;
}

}  // namespace o2o

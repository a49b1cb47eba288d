// SPDX-License-Identifier: Apache-2.0
#include "app/metabase_sessions.h"

#include "app/http_options.h"
#include "http/curl_http_client.h"

namespace o2o {
namespace {

// A changed password, or another way to the server, is a new try; the same one keeps its history.
std::string Key(const MetabaseSourceConfig& config) {
  std::string key;
  for (const std::string& part :
       {config.url, config.username, config.password.Reveal(), config.tls.ca_file,
        config.tls.client_cert_file, config.tls.client_key_file,
        std::string(config.tls.insecure_skip_verify ? "y" : "n"), config.proxy_url}) {
    key += part + '\0';
  }
  return key;
}

}  // namespace

struct MetabaseSessions::Entry {
  Entry(const MetabaseSourceConfig& config, const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy_url)),
        session(config.url, config.username, config.password, http, clock) {}

  CurlHttpClient http;
  MetabaseSession session;
};

MetabaseSessions::MetabaseSessions(const Clock& clock) : clock_(clock) {}

MetabaseSessions::~MetabaseSessions() = default;

MetabaseSession* MetabaseSessions::For(const MetabaseSourceConfig& config) {
  if (!config.api_key.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[Key(config)];
  if (!entry) entry = std::make_unique<Entry>(config, clock_);
  return &entry->session;
}

}  // namespace o2o

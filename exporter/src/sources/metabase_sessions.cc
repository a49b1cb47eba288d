// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_sessions.h"

#include "base/ascii.h"
#include "base/url.h"
#include "http/curl_http_client.h"
#include "sources/http_options.h"

namespace o2o {
namespace {

// A changed password, or another way to the server, is a new try; the same one keeps its history. A file's
// password may change without: the session sees that.
std::string Key(const MetabaseSourceConfig& config) {
  std::string key;
  for (const std::string& part : {config.url, config.username, config.password.Identity(), config.tls.ca_file,
                                  config.tls.client_cert_file, config.tls.client_key_file,
                                  std::string(config.tls.insecure_skip_verify ? "y" : "n"), config.proxy.url,
                                  config.proxy.user, config.proxy.password.Identity()}) {
    key += part + '\0';
  }
  for (const auto& [name, value] : config.headers) key += name + '\0' + value.Identity() + '\0';
  return key;
}

// Without the port: where it is wrong that two servers of one host share a budget, they only log in more
// seldom.
std::string HostOf(std::string_view url) {
  const auto found = HostOfUrl(url);
  return LowerCase(found ? found->host : url);
}

}  // namespace

struct MetabaseSessions::Entry {
  Entry(const MetabaseSourceConfig& config, LoginBudget& budget, const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy)),
        session(config.url, config.username, config.password, http, budget, clock, config.headers) {}

  CurlHttpClient http;
  MetabaseSession session;
};

MetabaseSessions::MetabaseSessions(const Clock& clock) : clock_(clock) {}

MetabaseSessions::~MetabaseSessions() = default;

MetabaseSession* MetabaseSessions::For(const MetabaseSourceConfig& config) {
  if (!config.api_key.empty()) return nullptr;
  LoginBudget* const budget = BudgetOf(config);
  const MutexLock lock(mutex_);
  auto& entry = entries_[Key(config)];
  if (!entry) entry = std::make_unique<Entry>(config, *budget, clock_);
  return &entry->session;
}

LoginBudget* MetabaseSessions::BudgetOf(const MetabaseSourceConfig& config) {
  const MutexLock lock(mutex_);
  auto& budget = budgets_[HostOf(config.url)];
  if (!budget) budget = std::make_unique<LoginBudget>();
  return budget.get();
}

MetabaseServer& MetabaseSessions::ServerOf(const MetabaseSourceConfig& config) {
  const MutexLock lock(mutex_);
  auto& server = servers_[config.url];
  if (!server) server = std::make_unique<MetabaseServer>(config.url, clock_);
  return *server;
}

}  // namespace o2o

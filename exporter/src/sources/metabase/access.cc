// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/access.h"

#include "base/ascii.h"
#include "base/url_host.h"
#include "http/curl_http_client.h"
#include "sources/http_options.h"

namespace o2o {
namespace {

// A changed password, or another way to the server, gets a new session; the same one keeps its history. (A
// password that changes in its file keeps the session, which notices.)
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

// Without the port: two servers of one host that share a budget by mistake merely log in less often.
std::string HostOf(std::string_view url) {
  const auto found = HostOfUrl(url);
  return LowerCase(found ? found->host : url);
}

}  // namespace

struct MetabaseAccess::Server {
  Server(const std::string& url, const Clock& clock) : turns(clock), version(url, clock) {}

  QueryTurns turns;
  VersionLog version;
};

struct MetabaseAccess::OwnSession {
  OwnSession(const MetabaseSourceConfig& config, LoginBudget& budget, const Clock& clock)
      : http(ToHttpOptions(config.tls, config.proxy)),
        session(config.url, config.username, config.password, http, budget, clock, config.headers) {}

  CurlHttpClient http;
  MetabaseSession session;
};

MetabaseAccess::MetabaseAccess(const Clock& clock) : clock_(clock) {}

MetabaseAccess::~MetabaseAccess() = default;

MetabaseShare MetabaseAccess::ShareOf(const MetabaseSourceConfig& config) {
  Server& server = ServerOf(config);
  return {server.turns, server.version, config.api_key.empty() ? &SessionOf(config) : nullptr};
}

LoginBudget& MetabaseAccess::BudgetOf(const MetabaseSourceConfig& config) {
  const MutexLock lock(mutex_);
  auto& budget = budgets_[HostOf(config.url)];
  if (!budget) budget = std::make_unique<LoginBudget>();
  return *budget;
}

MetabaseAccess::Server& MetabaseAccess::ServerOf(const MetabaseSourceConfig& config) {
  const MutexLock lock(mutex_);
  auto& server = servers_[config.url];
  if (!server) server = std::make_unique<Server>(config.url, clock_);
  return *server;
}

MetabaseSession& MetabaseAccess::SessionOf(const MetabaseSourceConfig& config) {
  LoginBudget& budget = BudgetOf(config);
  const MutexLock lock(mutex_);
  auto& own = sessions_[Key(config)];
  if (!own) own = std::make_unique<OwnSession>(config, budget, clock_);
  return own->session;
}

}  // namespace o2o

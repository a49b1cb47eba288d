// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "sources/metabase/config.h"
#include "sources/metabase/login_budget.h"
#include "sources/metabase/query_turns.h"
#include "sources/metabase/session.h"
#include "sources/metabase/version_log.h"

namespace o2o {

// What a source shares with the others that query its Metabase.
struct MetabaseShare {
  QueryTurns& turns;
  VersionLog& version;
  MetabaseSession* session;  // null: it uses an API key
};

// What this process shares of each Metabase that it asks: turns and version by URL, a session for each user
// and way to it, a budget of failed logins for each host. Outlives a reload of the configuration, so that a
// reload neither logs in anew nor forgets how often a login was refused. Thread-safe.
class MetabaseAccess {
 public:
  // `clock` must outlive it.
  explicit MetabaseAccess(const Clock& clock);
  ~MetabaseAccess();

  // What a share refers to lives as long as this.
  MetabaseShare ShareOf(const MetabaseSourceConfig& config);

  // The budget of failed logins at the source's host. Lives as long as this.
  LoginBudget& BudgetOf(const MetabaseSourceConfig& config);

 private:
  struct Server;
  struct OwnSession;

  Server& ServerOf(const MetabaseSourceConfig& config);
  MetabaseSession& SessionOf(const MetabaseSourceConfig& config);

  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<LoginBudget>> budgets_ O2O_GUARDED_BY(mutex_);  // by host
  std::map<std::string, std::unique_ptr<Server>> servers_ O2O_GUARDED_BY(mutex_);       // by URL
  std::map<std::string, std::unique_ptr<OwnSession>> sessions_ O2O_GUARDED_BY(mutex_);  // by user and way
};

}  // namespace o2o

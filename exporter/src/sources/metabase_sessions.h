// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "sources/metabase_config.h"
#include "sources/metabase_login_budget.h"
#include "sources/metabase_server.h"
#include "sources/metabase_session.h"

namespace o2o {

// The logins of this process, one for each Metabase, user and way to it, with a budget for each host, and the
// turns to ask each Metabase. Outlives a reload of the configuration, so that a reload neither logs in anew
// nor forgets how often a login was refused. Thread-safe.
class MetabaseSessions {
 public:
  explicit MetabaseSessions(const Clock& clock);
  ~MetabaseSessions();

  // Null where the source has an API key. Lives as long as this.
  MetabaseSession* For(const MetabaseSourceConfig& config);

  // What is left of the logins to the source's host. Lives as long as this.
  LoginBudget* BudgetOf(const MetabaseSourceConfig& config);

  // Lives as long as this.
  MetabaseServer& ServerOf(const MetabaseSourceConfig& config);

 private:
  struct Entry;

  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<LoginBudget>> budgets_ O2O_GUARDED_BY(mutex_);     // by host
  std::map<std::string, std::unique_ptr<MetabaseServer>> servers_ O2O_GUARDED_BY(mutex_);  // by URL
  std::map<std::string, std::unique_ptr<Entry>> entries_ O2O_GUARDED_BY(mutex_);
};

}  // namespace o2o

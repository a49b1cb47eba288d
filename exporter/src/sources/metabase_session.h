// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/http_client.h"

namespace o2o {

// One login to one Metabase, shared by all sources that ask it as the same user. Logs in when a session is first needed, keeps it until
// a request was answered 401, and then logs in once again. Thread-safe; who needs a session while another logs in waits for that.
//
// Metabase counts failed logins for an hour, 10 per user and 50 per address, counts those refused for that too, and locks
// people out with us. So refused logins are retried more and more seldom, at most 4 in any hour, which leaves room for a second
// exporter and for people.
class MetabaseSession {
 public:
  // `http` and `clock` must outlive it; `http` is used by the session alone.
  MetabaseSession(std::string url, std::string username, Secret password, Millis timeout, HttpClient& http,
                  const Clock& clock);

  // The token for X-Metabase-Session. Fails with what the login failed with, without asking again before its time.
  Result<Secret> Token(std::stop_token stop);

  // The token was answered 401. A token that is no longer ours changes nothing: another source was faster.
  void Forget(const Secret& token);

 private:
  Result<Secret> LogIn(std::stop_token stop);
  Error Refused(const HttpResponse& response, const std::string& body);

  const std::string url_;
  const std::string username_;
  const Secret password_;
  const Millis timeout_;
  HttpClient& http_;
  const Clock& clock_;

  std::mutex mutex_;                          // also held while logging in: one login at a time is the point
  Secret token_;                              // guarded by mutex_
  std::string device_cookie_;                 // guarded by mutex_; without it Metabase mails the user about a new device
  int refusals_ = 0;                          // guarded by mutex_; in a row
  std::optional<Error> refusal_;              // guarded by mutex_; the last
  std::optional<MonotonicTime> not_before_;   // guarded by mutex_
};

}  // namespace o2o

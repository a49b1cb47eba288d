// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/http_client.h"
#include "sources/metabase/login_budget.h"

namespace o2o {

// Whether something happened `most` times within the last hour. One thread at a time.
class HourlyLimit {
 public:
  explicit HourlyLimit(std::size_t most) : most_(most) {}
  void Count(MonotonicTime now);
  bool Reached(MonotonicTime now) const;

 private:
  const std::size_t most_;
  std::deque<MonotonicTime> times_;  // the last `most_`
};

// One login to one Metabase, shared by all sources that ask it with the same credentials. Logs in when a
// session is first needed, keeps it until a request was answered 401, and then logs in once again.
// Thread-safe; who needs a session while another logs in waits for that.
//
// A login that Metabase has counted as failed, or may have (it was sent and nobody said how it went), is
// retried more and more seldom, and takes from the host's LoginBudget; only the first that was cut, or not
// answered in time, is retried soon. What cannot have been counted (nothing was sent, still starting, a
// redirect, another server) is asked again soon too, by one source for all: what it fails with holds for the
// others for a while. A password that has changed in its file is a new one, with a try of its own.
class MetabaseSession {
 public:
  using Headers = std::vector<std::pair<std::string, Secret>>;

  // `http`, `budget` and `clock` must outlive it; `http` is used by the session alone. `headers` go with each
  // login.
  MetabaseSession(std::string url, std::string username, Secret password, HttpClient& http,
                  LoginBudget& budget, const Clock& clock, Headers headers = {});

  // The token for X-Metabase-Session, by `deadline`. Fails with what the last login failed with, without
  // asking again before its time. `timeout`: of the whole poll; where most of it is gone no login begins,
  // since one that is given up halfway may count as failed.
  Result<Secret> Token(MonotonicTime deadline, Millis timeout, std::stop_token stop);

  // The token was answered 401. Changes nothing if that token was replaced already, since another source was
  // faster, or while no login is allowed: it may still be good for other questions.
  void Forget(const Secret& token);

 private:
  struct Login;
  class LoggingIn;

  // Marks `ticket` as counted as soon as that may be so.
  Login LogIn(const Secret& password, const Secret& device_cookie, Millis timeout,
              LoginBudget::Ticket& ticket, std::stop_token stop) const;
  Result<Secret> Take(Login login, const Secret& password, Millis timeout) O2O_REQUIRES(mutex_);
  Error Refused(Login login, const Secret& password, Millis timeout) O2O_REQUIRES(mutex_);
  Error HoldsUntil(MonotonicTime until, Error error) O2O_REQUIRES(mutex_);
  void NoticeNewPassword(const Secret& password) O2O_REQUIRES(mutex_);
  std::optional<Error> Barred() const O2O_REQUIRES(mutex_);
  bool Repeated(MonotonicTime now) const O2O_REQUIRES(mutex_);

  const std::string url_;
  const std::string username_;
  const Secret password_;
  HttpClient& http_;  // of the thread that logs in
  LoginBudget& budget_;
  const Clock& clock_;
  const Headers headers_;

  Mutex mutex_;
  std::condition_variable_any login_ended_;
  bool logging_in_ O2O_GUARDED_BY(mutex_) = false;
  Secret token_ O2O_GUARDED_BY(mutex_);
  Secret device_cookie_ O2O_GUARDED_BY(mutex_);  // without it Metabase mails the user about a new device
  HourlyLimit logins_ O2O_GUARDED_BY(mutex_);    // good ones
  MonotonicTime logged_in_at_ O2O_GUARDED_BY(mutex_){};
  std::size_t refusals_ O2O_GUARDED_BY(mutex_) = 0;                 // in a row; counted ones, or perhaps
  std::size_t uncounted_ O2O_GUARDED_BY(mutex_) = 0;                // other failures in a row
  std::optional<Secret> refused_password_ O2O_GUARDED_BY(mutex_);   // of the last refusal
  Error refusal_ O2O_GUARDED_BY(mutex_);                            // the last
  std::optional<MonotonicTime> refused_at_ O2O_GUARDED_BY(mutex_);  // the last
  std::optional<MonotonicTime> not_before_ O2O_GUARDED_BY(mutex_);
};

}  // namespace o2o

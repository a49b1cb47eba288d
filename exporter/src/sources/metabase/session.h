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

// The session at one Metabase, shared by all sources with the same credentials. Logs in when a session is
// first needed, keeps it until a request is answered 401, and then logs in once more. Thread-safe; a caller
// that needs a session while another one logs in waits for that login.
//
// A login that Metabase has counted as failed, or may have (it was sent but the outcome is unknown), uses the
// host's LoginBudget and is retried at growing intervals; only the first one that was cut off, or not
// answered in time, is retried soon. A failure that cannot have been counted (nothing was sent, still
// starting, a redirect, another server) is retried soon, by one source for all: its error holds for the
// others for a while. A password that has changed in its file is a new one, with a try of its own.
class MetabaseSession {
 public:
  using Headers = std::vector<std::pair<std::string, Secret>>;

  // `http`, `budget` and `clock` must outlive it; `http` is used by the session alone. `headers` go with each
  // login.
  MetabaseSession(std::string url, std::string username, Secret password, HttpClient& http,
                  LoginBudget& budget, const Clock& clock, Headers headers = {});

  // The token for X-Metabase-Session, by `deadline`. Fails with the error of the last login, without another
  // attempt before its time. `timeout`: of the whole poll; if most of it is used up no login begins, since
  // one that is abandoned halfway may count as failed.
  [[nodiscard]] Result<Secret> Token(MonotonicTime deadline, Millis timeout, std::stop_token stop);

  // The token was answered 401. Changes nothing if another source has already replaced that token, or while
  // no login is allowed: it may still be good for other questions.
  void Forget(const Secret& token);

 private:
  struct Login;
  class LoggingIn;

  // Marks `ticket` as counted as soon as Metabase may have counted it.
  Login LogIn(const Secret& password, const Secret& device_cookie, Millis timeout,
              LoginBudget::Ticket& ticket, std::stop_token stop) const;
  [[nodiscard]] Result<Secret> Accept(Login login, const Secret& password, Millis timeout)
      O2O_REQUIRES(mutex_);
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

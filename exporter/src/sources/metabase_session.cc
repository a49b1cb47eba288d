// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_session.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/json_fields.h"
#include "json/json_reader.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxRefused = 4;
// Good logins are not counted by Metabase, but one that is needed again and again helps nobody: after so many
// in an hour only one now and then.
constexpr std::size_t kManyLogins = 10;
constexpr auto kLoginSpacing = 2min;
// A little more than the one of Metabase, whose clock is another.
constexpr auto kHour = 61min;
// After the 1st, 2nd, ... refusal in a row; the last goes on.
constexpr Millis kWaits[] = {2min, 10min, 20min};
// Metabase forgets attempts after an hour, and attempts while locked out prolong it.
constexpr Millis kLockout = 65min;
// A login is one row of one table and a slow hash.
constexpr Millis kTimeout = 10s;
// Of a login page that answers instead, the beginning will do.
constexpr std::size_t kMaxBody = 4u << 20;
constexpr std::size_t kMaxKept = 64u << 10;

constexpr std::string_view kDeviceCookie = "metabase.DEVICE=";

std::string DeviceCookie(const HttpResponse& response) {
  for (const std::string& cookie : response.set_cookies) {
    if (cookie.starts_with(kDeviceCookie)) return cookie.substr(0, cookie.find(';'));
  }
  return {};
}

bool Mentions(std::string_view body, std::string_view words) {
  return body.find(words) != std::string_view::npos;
}

std::string IdOf(const std::string& body) {
  const auto fields = ReadJsonFields(body);
  const auto id = fields.find("id");
  return id == fields.end() ? "" : id->second;
}

// What a login without a session came to.
struct Refusal {
  Error error;
  bool counted = true;  // by Metabase, or perhaps
  bool locked = false;
};

Refusal RefusedByMetabase(int status, std::string_view body) {
  if (Mentions(body, "mfa_required")) {
    return {
        {ErrorCode::kMfaRequired,
         "the login of METABASE_USERNAME needs a second factor, which no program has: use METABASE_API_KEY"}};
  }
  if (Mentions(body, "Too many attempts")) {
    return {{ErrorCode::kThrottled,
             "Metabase has locked the login of METABASE_USERNAME after too many failed ones"},
            true,
            true};
  }
  if (Mentions(body, "Password login is disabled")) {
    return {{ErrorCode::kUnauthorized, "Metabase takes no passwords (single sign-on): use METABASE_API_KEY"}};
  }
  if (Mentions(body, "disabled")) {
    return {{ErrorCode::kUnauthorized,
             "the Metabase account of METABASE_USERNAME is disabled: have it enabled, or use another"}};
  }
  return {{ErrorCode::kUnauthorized, "Metabase refused the login of METABASE_USERNAME (" +
                                         std::to_string(status) +
                                         "): check METABASE_USERNAME and METABASE_PASSWORD"}};
}

Refusal Judge(const HttpResponse& response, std::string_view body) {
  const int status = response.status;
  const std::string code = std::to_string(status);
  if (status / 100 == 3) {
    return {
        {ErrorCode::kRedirect, "Metabase redirects the login to " + Excerpt(response.location) +
                                   ", which is not followed: check METABASE_URL (https? single sign-on?)"},
        false};
  }
  if (status == 200 && !LooksLikeJson(body)) {
    return {{ErrorCode::kNotJson,
             "Metabase answered the login with something that is no JSON: check METABASE_URL, a proxy or "
             "login page answers in its place"},
            false};
  }
  if (status == 200 && !Mentions(body, "mfa_required")) {
    return {
        {ErrorCode::kBadShape, "Metabase answered the login with 200 but no session: check METABASE_URL"}};
  }
  if (status == 200 || status == 400 || status == 401) return RefusedByMetabase(status, body);
  if (status == 403) {
    return {{ErrorCode::kForbidden,
             "Metabase, or a proxy in front of it, lets nobody log in from here (403): have this address "
             "allowed"},
            false};
  }
  if (status == 404)
    return {{ErrorCode::kNotFound, "there is no login at METABASE_URL (404): check its host and path"},
            false};
  if (status == 503 && Mentions(body, "still initializing")) {
    return {{ErrorCode::kInitializing, "Metabase is still starting (503): waiting for it"}, false};
  }
  // Of an error of its own, some versions count the attempt as failed.
  return {{ErrorCode::kHttpStatus, "Metabase answered the login with " + code +
                                       " where 200 is due: look into its log, or the proxy's"},
          status == 500};
}

}  // namespace

void HourlyLimit::Count(MonotonicTime now) {
  times_.push_back(now);
  if (times_.size() > most_) times_.pop_front();
}

bool HourlyLimit::Reached(MonotonicTime now) const {
  return times_.size() == most_ && now - times_.front() < kHour;
}

// How one attempt went.
struct MetabaseSession::Login {
  Secret token;
  std::string device_cookie;
  Refusal refusal;  // without a token
};

MetabaseSession::MetabaseSession(std::string url, std::string username, Secret password, HttpClient& http,
                                 const Clock& clock)
    : url_(std::move(url)),
      username_(std::move(username)),
      password_(std::move(password)),
      http_(http),
      clock_(clock),
      refused_(kMaxRefused),
      logins_(kManyLogins) {}

Result<Secret> MetabaseSession::Token(MonotonicTime deadline, std::stop_token stop) {
  const auto left = [&] { return std::chrono::duration_cast<Millis>(deadline - clock_.Monotonic()); };
  std::unique_lock lock(mutex_);
  const bool free = login_ended_.wait_for(lock, stop, left(), [this] { return !logging_in_; });
  if (stop.stop_requested()) return Fail(ErrorCode::kCancelled, "ended, since the program stops");
  if (!token_.empty()) return token_;
  if (!free || left() <= Millis{0})
    return Fail(ErrorCode::kTimeout, "no login to Metabase within the source's timeout");
  if (auto barred = Barred()) return tl::unexpected(*std::move(barred));
  logging_in_ = true;
  const std::string cookie = device_cookie_;
  lock.unlock();
  Login login = LogIn(cookie, std::min(left(), kTimeout), std::move(stop));
  lock.lock();
  logging_in_ = false;
  login_ended_.notify_all();
  return Take(std::move(login));
}

void MetabaseSession::Forget(const Secret& token) {
  const std::lock_guard lock(mutex_);
  if (token_ == token && !Barred()) token_ = Secret();
}

std::optional<Error> MetabaseSession::Barred() const {
  const MonotonicTime now = clock_.Monotonic();
  if ((not_before_ && now < *not_before_) || refused_.Reached(now)) return refusal_;
  if (!logins_.Reached(now) || now - logged_in_at_ >= kLoginSpacing) return std::nullopt;
  return Error{ErrorCode::kUnauthorized,
               "Metabase ended " + std::to_string(kManyLogins) +
                   " sessions within an hour: use METABASE_API_KEY, or see what ends them"};
}

MetabaseSession::Login MetabaseSession::LogIn(const std::string& device_cookie, Millis timeout,
                                              std::stop_token stop) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url_ + "/api/session";
  request.headers = {{"Content-Type", Secret("application/json")}, {"Accept", Secret("application/json")}};
  if (!device_cookie.empty()) request.headers.emplace_back("Cookie", Secret(device_cookie));
  request.body =
      "{\"username\":" + QuoteJson(username_) + ",\"password\":" + QuoteJson(password_.Reveal()) + "}";
  request.timeout = timeout;
  request.max_body_bytes = kMaxBody;
  request.fresh_connection = true;
  request.wants_error_body = true;

  std::string body;
  const auto response = http_.Send(
      request,
      [&](std::string_view bytes) {
        body += bytes.substr(0, kMaxKept - body.size());
        return true;
      },
      std::move(stop));
  // No answer, no attempt that Metabase would count.
  if (!response) return {{}, {}, {response.error(), false}};
  Secret token(response->status == 200 ? IdOf(body) : "");
  Refusal refusal = token.empty() ? Judge(*response, body) : Refusal{};
  return {std::move(token), DeviceCookie(*response), std::move(refusal)};
}

Result<Secret> MetabaseSession::Take(Login login) {
  const MonotonicTime now = clock_.Monotonic();
  if (!login.device_cookie.empty()) device_cookie_ = std::move(login.device_cookie);
  if (!login.token.empty()) {
    token_ = std::move(login.token);
    logins_.Count(now);
    logged_in_at_ = now;
    refusals_ = 0;
    not_before_.reset();
    return token_;
  }
  if (!login.refusal.counted) return tl::unexpected(std::move(login.refusal.error));
  const Millis wait = login.refusal.locked ? kLockout : kWaits[std::min(refusals_, std::size(kWaits) - 1)];
  ++refusals_;
  refused_.Count(now);
  not_before_ = now + wait;
  refusal_ = std::move(login.refusal.error);
  refusal_.message += "; so that nobody gets locked out, the next attempt waits " + FormatDuration(wait);
  return tl::unexpected(refusal_);
}

}  // namespace o2o

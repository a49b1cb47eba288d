// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/session.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/json_fields.h"
#include "json/json_reader.h"
#include "json/json_writer.h"
#include "sources/given_token.h"
#include "sources/metabase/mentions.h"
#include "sources/redirect_text.h"
#include "sources/upstream_status.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// Metabase does not count good logins, but sessions that keep ending are of no use: after this many logins in
// an hour they are spaced out.
constexpr std::size_t kManyLogins = 10;
constexpr auto kLoginSpacing = 2min;
// After the 1st, 2nd, ... refusal in a row; the last repeats.
constexpr Millis kWaits[] = {2min, 10min, 20min};
// A failure that Metabase cannot have counted is retried soon, by one source for all: after the 1st, 2nd, ...
// failure in a row one, two, four, ... poll timeouts later, so with the next poll of the source that tried.
constexpr Millis kLongestSpacing = 2min;
constexpr std::size_t kMaxDoublings = 3;
// The most that a Retry-After, perhaps of a proxy, may ask for.
constexpr Millis kLongestAsked = 1h;
// Metabase forgets attempts after an hour, and attempts while locked out prolong it.
constexpr Millis kLockout = 65min;
// A login is one row of one table and a slow hash.
constexpr Millis kTimeout = 10s;
// The share of that, or of the poll's timeout if it is shorter, that a login needs to begin.
constexpr int kLeastShare = 2;
// If a login page answers instead, its beginning is enough.
constexpr std::size_t kMaxBody = 4u << 20;
constexpr std::size_t kMaxKept = 64u << 10;

constexpr std::string_view kDeviceCookie = "metabase.DEVICE=";

// The device cookie's value; none if there is none that can be sent back.
Secret DeviceCookie(const HttpResponse& response) {
  for (const std::string& cookie : response.set_cookies) {
    if (!cookie.starts_with(kDeviceCookie)) continue;
    std::string value = cookie.substr(kDeviceCookie.size(), cookie.find(';') - kDeviceCookie.size());
    return IsSendable(value) ? GivenToken(std::move(value)) : Secret();
  }
  return {};
}

// Whether Metabase counted a login that brought no session.
enum class Count {
  kNot,         // it cannot have been counted
  kUnanswered,  // it may have been counted, and was not answered
  kFailed,      // counted as failed, or perhaps
  kLockedUser,  // refused since there were too many, and counted again
  kLockedHost,
};

struct Refusal {
  Error error;
  Count count = Count::kFailed;
};

Refusal RefusedByMetabase(int status, std::string_view body) {
  if (Mentions(body, "mfa_required")) {
    return {{ErrorCode::kMfaRequired,
             "the login needs a second factor, which a program cannot provide: give the source an `api_key` "
             "instead"}};
  }
  if (Mentions(body, "Too many attempts")) {
    // The user's refusal says for how long, the address's does not.
    const bool everybody = Mentions(body, "try again later");
    return {{ErrorCode::kThrottled, std::string("Metabase has locked ") +
                                        (everybody ? "this address" : "the source's `username`") +
                                        " out after too many failed logins"},
            everybody ? Count::kLockedHost : Count::kLockedUser};
  }
  if (Mentions(body, "Password login is disabled")) {
    return {{ErrorCode::kUnauthorized,
             "Metabase accepts no passwords (single sign-on): give the source an `api_key` instead"}};
  }
  if (Mentions(body, "disabled")) {
    return {{ErrorCode::kUnauthorized,
             "the Metabase account of the source's `username` is disabled: have it enabled, or use another"}};
  }
  return {{ErrorCode::kUnauthorized, "Metabase refused the login (" + std::to_string(status) +
                                         "): check `username` and `password` of the source"}};
}

Refusal Judge(const HttpResponse& response, std::string_view body) {
  const int status = response.status;
  const std::string code = std::to_string(status);
  if (status / 100 == 3) {
    return {{ErrorCode::kRedirect,
             "Metabase, asked for a login, " +
                 RedirectText(response, "check `url` of the source (https? single sign-on?)")},
            Count::kNot};
  }
  if (status == 200 && !LooksLikeJson(body)) {
    return {{ErrorCode::kNotJson,
             "Metabase answered the login with something that is not JSON: check `url` of the source, a "
             "proxy or login page may be answering instead"},
            Count::kNot};
  }
  if (status == 200 && !Mentions(body, "mfa_required")) {
    return {{ErrorCode::kBadShape,
             "Metabase answered the login with 200 but no session: check `url` of the source"}};
  }
  if (status == 200 || status == 400 || status == 401) return RefusedByMetabase(status, body);
  if (status == 403) {
    return {{ErrorCode::kForbidden,
             "Metabase, or a proxy in front of it, allows no login from here (403): have this address "
             "allowed"},
            Count::kNot};
  }
  if (status == 404) {
    return {{ErrorCode::kNotFound, "there is no login at `url` of the source (404): check its host and path"},
            Count::kNot};
  }
  if (status == 503 && Mentions(body, "still initializing")) {
    return {{ErrorCode::kInitializing, "Metabase is still starting (503): waiting for it"}, Count::kNot};
  }
  // Some versions count an attempt as failed when they fail themselves; and a proxy that gave up does not
  // know what became of the request.
  if (status == 429) {
    return {{ErrorCode::kHttpStatus,
             "Metabase, or a proxy in front of it, answered the login that there were too many requests "
             "(429)"}};
  }
  return {{ErrorCode::kHttpStatus,
           "Metabase answered the login with " + code + ", expected 200: look into its log, or the proxy's"}};
}

Millis Spacing(Millis timeout, std::size_t failures) {
  return std::min(timeout * (1 << std::min(failures, kMaxDoublings)), kLongestSpacing);
}

std::string WaitsFor(MonotonicTime::duration wait) {
  return "; to avoid a lockout, the next attempt waits " +
         FormatDuration(std::chrono::duration_cast<Millis>(wait));
}

// For credentials that have not been refused.
Error NoRoom(MonotonicTime now, MonotonicTime room) {
  return {ErrorCode::kThrottled, "too many logins of this user, or at this Metabase, failed within the hour" +
                                     WaitsFor(std::chrono::ceil<std::chrono::minutes>(room - now))};
}

}  // namespace

void HourlyLimit::Count(MonotonicTime now) {
  times_.push_back(now);
  if (times_.size() > most_) times_.pop_front();
}

bool HourlyLimit::Reached(MonotonicTime now) const {
  return times_.size() == most_ && now - times_.front() < 1h;
}

// How one attempt went.
struct MetabaseSession::Login {
  Secret token;
  Secret device_cookie;
  Refusal refusal;  // without a token
};

// While it lives, this thread logs in without the lock and the others wait. When it is destroyed, even by an
// exception, it holds the lock again and the others continue.
class MetabaseSession::LoggingIn {
 public:
  LoggingIn(MetabaseSession& session, MutexLock<std::mutex>& lock) O2O_REQUIRES(session.mutex_)
      : session_(session), lock_(lock) {
    session_.logging_in_ = true;
  }
  LoggingIn(const LoggingIn&) = delete;
  LoggingIn& operator=(const LoggingIn&) = delete;
  ~LoggingIn() O2O_NOT_CHECKED {  // lock_ holds it
    if (!lock_.held()) lock_.lock();
    session_.logging_in_ = false;
    session_.login_ended_.notify_all();
  }

 private:
  MetabaseSession& session_;
  MutexLock<std::mutex>& lock_;
};

MetabaseSession::MetabaseSession(std::string url, std::string username, Secret password, HttpClient& http,
                                 LoginBudget& budget, const Clock& clock, Headers headers)
    : url_(std::move(url)),
      username_(std::move(username)),
      password_(std::move(password)),
      http_(http),
      budget_(budget),
      clock_(clock),
      headers_(std::move(headers)),
      logins_(kManyLogins) {}

Result<Secret> MetabaseSession::Token(MonotonicTime deadline, Millis timeout, std::stop_token stop) {
  const auto left = [&] { return std::chrono::duration_cast<Millis>(deadline - clock_.Monotonic()); };
  MutexLock lock(mutex_);
  const bool free =
      login_ended_.wait_for(lock, stop, left(), [this]() O2O_REQUIRES(mutex_) { return !logging_in_; });
  if (stop.stop_requested()) return Fail(ErrorCode::kCancelled, "cancelled: the program is stopping");
  if (!token_.empty()) return token_;
  if (!free) return Fail(ErrorCode::kTimeout, "no login to Metabase within the source's timeout");
  const Secret password = password_.Current();
  NoticeNewPassword(password);
  if (auto barred = Barred()) return tl::unexpected(*std::move(barred));
  if (left() <= Millis{0} || left() < std::min(kTimeout, timeout) / kLeastShare) {
    return Fail(ErrorCode::kTimeout,
                "too little of the source's timeout is left for a login to Metabase: the next poll logs in");
  }
  const MonotonicTime now = clock_.Monotonic();
  auto ticket = budget_.Reserve(username_, Repeated(now), now);
  if (!ticket) return tl::unexpected(Barred().value_or(NoRoom(now, now)));
  const Secret cookie = device_cookie_;
  const LoggingIn logging_in(*this, lock);
  lock.unlock();
  Login login = LogIn(password, cookie, std::min(left(), kTimeout), *ticket, std::move(stop));
  lock.lock();
  return Accept(std::move(login), password, timeout);
}

// A refusal says nothing about another password, which gets a try of its own, within the budget.
void MetabaseSession::NoticeNewPassword(const Secret& password) {
  if (!refused_password_ || *refused_password_ == password) return;
  refused_password_.reset();
  refused_at_.reset();
  not_before_.reset();
  refusals_ = 0;
}

void MetabaseSession::Forget(const Secret& token) {
  const MutexLock lock(mutex_);
  NoticeNewPassword(password_.Current());
  if (token_ == token && !Barred()) token_ = Secret();
}

bool MetabaseSession::Repeated(MonotonicTime now) const {
  return refused_at_ && now - *refused_at_ < LoginBudget::kCountedFor;
}

std::optional<Error> MetabaseSession::Barred() const {
  const MonotonicTime now = clock_.Monotonic();
  if (not_before_ && now < *not_before_) {
    Error error = refusal_;
    // The rest of the wait.
    if (error.retry_after) error.retry_after = std::chrono::ceil<Millis>(*not_before_ - now);
    return error;
  }
  if (const MonotonicTime room = budget_.RoomAt(username_, Repeated(now), now); room > now)
    return refusals_ > 0 ? refusal_ : NoRoom(now, room);
  if (!logins_.Reached(now) || now - logged_in_at_ >= kLoginSpacing) return std::nullopt;
  return Error{ErrorCode::kUnauthorized,
               "Metabase ended " + std::to_string(kManyLogins) +
                   " sessions within an hour: give the source an `api_key`, or find out what ends them"};
}

MetabaseSession::Login MetabaseSession::LogIn(const Secret& password, const Secret& device_cookie,
                                              Millis timeout, LoginBudget::Ticket& ticket,
                                              std::stop_token stop) const {
  HttpRequest request;
  request.method = "POST";
  request.url = url_ + "/api/session";
  request.headers = {{"Content-Type", Secret::Plain("application/json")},
                     {"Accept", Secret::Plain("application/json")}};
  for (const auto& [name, value] : headers_) request.headers.emplace_back(name, value.Current());
  if (!device_cookie.empty()) {
    request.headers.emplace_back("Cookie",
                                 Secret::Plain(std::string(kDeviceCookie) + device_cookie.Reveal()));
  }
  JsonWriter json;
  json.StartObject().Text("username", username_).Text("password", password.Reveal()).EndObject();
  request.body = json.text();
  request.timeout = timeout;
  request.max_body_bytes = kMaxBody;
  request.fresh_connection = true;
  request.wants_error_body = true;

  bool sent = false;
  request.sent = &sent;

  std::string body;
  ticket.SetCounted(true);  // whatever becomes of it
  const auto response = http_.Send(
      request,
      [&](std::string_view bytes) {
        body += bytes.substr(0, kMaxKept - body.size());
        return true;
      },
      std::move(stop));
  if (!response) {
    const bool unread = !sent || response.error().code == ErrorCode::kTls;
    ticket.SetCounted(!unread);
    return {{}, {}, {response.error(), unread ? Count::kNot : Count::kUnanswered}};
  }
  std::string id = response->status == 200 ? FieldText(ReadJsonFields(body), "id") : "";
  Refusal refusal;
  if (id.empty()) {
    refusal = Judge(*response, body);
    refusal.error = WithWait(std::move(refusal.error), *response);
  } else if (!IsSendable(id)) {
    id.clear();
    refusal = {{ErrorCode::kBadShape,
                "Metabase answered the login with a session id that no header can carry: is something in "
                "between answering instead?"},
               Count::kNot};
  }
  Secret token = GivenToken(std::move(id));
  ticket.SetCounted(token.empty() && refusal.count != Count::kNot);
  return {std::move(token), DeviceCookie(*response), std::move(refusal)};
}

Result<Secret> MetabaseSession::Accept(Login login, const Secret& password, Millis timeout) {
  if (!login.device_cookie.empty()) device_cookie_ = std::move(login.device_cookie);
  if (login.token.empty()) return tl::unexpected(Refused(std::move(login), password, timeout));
  token_ = std::move(login.token);
  logged_in_at_ = clock_.Monotonic();
  logins_.Count(logged_in_at_);
  refusals_ = 0;
  uncounted_ = 0;
  not_before_.reset();
  return token_;
}

Error MetabaseSession::Refused(Login login, const Secret& password, Millis timeout) {
  Refusal& refusal = login.refusal;
  // A login that we cancelled ourselves uses the budget, but says nothing about the credentials.
  if (refusal.error.code == ErrorCode::kCancelled) return refusal.error;
  const MonotonicTime now = clock_.Monotonic();
  if (refusal.count == Count::kNot)
    return HoldsUntil(now + Spacing(timeout, uncounted_++), std::move(refusal.error));
  refused_at_ = now;
  refused_password_ = password;
  if (refusal.count == Count::kLockedUser) budget_.LockUser(username_, now + kLockout);
  if (refusal.count == Count::kLockedHost) budget_.LockHost(now + kLockout);
  const bool soon = refusal.count == Count::kUnanswered && refusals_ == 0;
  const MonotonicTime::duration wait =
      soon ? Spacing(timeout, 0) : kWaits[std::min(refusals_, std::size(kWaits) - 1)];
  ++refusals_;
  const MonotonicTime until = std::max(budget_.RoomAt(username_, true, now), now + wait);
  if (!soon) refusal.error.message += WaitsFor(until - now);
  return HoldsUntil(until, std::move(refusal.error));
}

Error MetabaseSession::HoldsUntil(MonotonicTime until, Error error) {
  if (error.retry_after)
    until = std::max(until, clock_.Monotonic() + std::min(*error.retry_after, kLongestAsked));
  not_before_ = until;
  refusal_ = std::move(error);
  return refusal_;
}

}  // namespace o2o

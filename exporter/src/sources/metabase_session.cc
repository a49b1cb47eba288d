// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_session.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "json/json_fields.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// After the 1st, 2nd, ... refusal in a row; the last goes on. No hour holds more than 4 attempts of these.
constexpr Millis kWaits[] = {2min, 20min, 30min};
// Metabase forgets attempts after an hour, and attempts while locked out prolong it.
constexpr Millis kLockout = 65min;
constexpr std::size_t kMaxBody = 64u << 10;

constexpr std::string_view kDeviceCookie = "metabase.DEVICE=";

std::string DeviceCookie(const HttpResponse& response) {
  for (const std::string& cookie : response.set_cookies) {
    if (cookie.starts_with(kDeviceCookie)) return cookie.substr(0, cookie.find(';'));
  }
  return {};
}

bool Mentions(const std::string& body, std::string_view words) { return body.find(words) != std::string::npos; }

}  // namespace

MetabaseSession::MetabaseSession(std::string url, std::string username, Secret password, Millis timeout,
                                 HttpClient& http, const Clock& clock)
    : url_(std::move(url)),
      username_(std::move(username)),
      password_(std::move(password)),
      timeout_(timeout),
      http_(http),
      clock_(clock) {}

Result<Secret> MetabaseSession::Token(std::stop_token stop) {
  const std::lock_guard lock(mutex_);
  if (!token_.empty()) return token_;
  if (not_before_ && clock_.Monotonic() < *not_before_) return tl::unexpected(*refusal_);
  return LogIn(std::move(stop));
}

void MetabaseSession::Forget(const Secret& token) {
  const std::lock_guard lock(mutex_);
  if (token_ == token) token_ = Secret();
}

Result<Secret> MetabaseSession::LogIn(std::stop_token stop) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_ + "/api/session";
  request.headers = {{"Content-Type", Secret("application/json")}, {"Accept", Secret("application/json")}};
  if (!device_cookie_.empty()) request.headers.emplace_back("Cookie", Secret(device_cookie_));
  request.body = "{\"username\":" + QuoteJson(username_) + ",\"password\":" + QuoteJson(password_.Reveal()) + "}";
  request.timeout = timeout_;
  request.max_body_bytes = kMaxBody;
  request.fresh_connection = true;
  request.wants_error_body = true;

  std::string body;
  const auto response = http_.Send(
      request,
      [&](std::string_view bytes) {
        body += bytes;
        return true;
      },
      std::move(stop));
  // No answer, no attempt that Metabase would count: the sources' own back-off is enough.
  if (!response) return tl::unexpected(response.error());
  if (std::string cookie = DeviceCookie(*response); !cookie.empty()) device_cookie_ = std::move(cookie);

  const auto fields = ReadJsonFields(body);
  const auto id = fields.find("id");
  if (response->status == 200 && id != fields.end() && !id->second.empty()) {
    token_ = Secret(id->second);
    refusals_ = 0;
    not_before_.reset();
    return token_;
  }
  return tl::unexpected(Refused(*response, body));
}

Error MetabaseSession::Refused(const HttpResponse& response, const std::string& body) {
  const std::string status = std::to_string(response.status);
  if (response.status / 100 == 3) {
    return {ErrorCode::kRedirect, "Metabase redirects the login to " + Excerpt(response.location) +
                                      ", which is not followed: check METABASE_URL (https? single sign-on?)"};
  }
  if (response.status == 503) {
    return {ErrorCode::kInitializing, "Metabase is still starting (503): waiting for it"};
  }
  if (response.status >= 500) return {ErrorCode::kHttpStatus, "Metabase answered the login with " + status};
  const bool is_json = body.starts_with('{');
  if (response.status == 200 && !is_json) {
    return {ErrorCode::kNotJson, "Metabase answered the login with something that is no JSON: check METABASE_URL, a proxy or login page answers"};
  }

  // From here on Metabase may have counted it.
  Millis wait = kWaits[std::min<std::size_t>(static_cast<std::size_t>(refusals_), std::size(kWaits) - 1)];
  Error error{ErrorCode::kUnauthorized, "Metabase refused the login of METABASE_USERNAME (" + status +
                                            "): check user and password; the next attempts come seldom, so that nobody is locked out"};
  if (Mentions(body, "mfa_required")) {
    error = {ErrorCode::kMfaRequired, "the login of METABASE_USERNAME needs a second factor, which no program has: use METABASE_API_KEY"};
  } else if (Mentions(body, "Too many attempts")) {
    error = {ErrorCode::kThrottled, "Metabase has locked the login of METABASE_USERNAME after too many failed ones: waiting over an hour"};
    wait = kLockout;
  } else if (Mentions(body, "Password login is disabled")) {
    error.message = "Metabase takes no passwords (single sign-on): use METABASE_API_KEY";
  } else if (Mentions(body, "disabled")) {
    error.message = "the Metabase account of METABASE_USERNAME is disabled";
  }
  ++refusals_;
  refusal_ = error;
  not_before_ = clock_.Monotonic() + wait;
  return error;
}

}  // namespace o2o

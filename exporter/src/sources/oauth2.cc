// SPDX-License-Identifier: Apache-2.0
#include "sources/oauth2.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/ascii.h"
#include "base/text.h"
#include "config/endpoint_loader.h"
#include "http/url.h"
#include "json/json_fields.h"
#include "json/json_reader.h"
#include "sources/given_token.h"
#include "sources/redirect_text.h"
#include "sources/upstream_status.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr UrlRules kUrlRules{"https://login.example.com/oauth2/token", "use client_id and client_secret",
                             true};
constexpr std::size_t kMaxScopes = 100;
constexpr std::size_t kMaxBody = 1u << 20;
constexpr std::size_t kMaxKept = 64u << 10;
// If the answer does not say, which RFC 6749 allows.
constexpr auto kUsualLife = 1h;
constexpr auto kLongestLife = 24h * 30;
// How long before its end a token is renewed, or a tenth of its life if that is shorter.
constexpr auto kMargin = 60s;
constexpr auto kNew = 60s;

std::chrono::seconds LifeOf(const std::string& expires_in) {
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(expires_in.data(), expires_in.data() + expires_in.size(), seconds);
  if (error != std::errc{} || seconds <= 0) return kUsualLife;
  return std::min<std::chrono::seconds>(std::chrono::seconds(seconds), kLongestLife);
}

HttpRequest ToRequest(const OAuth2Config& config, Millis timeout) {
  HttpRequest request;
  request.method = "POST";
  request.url = config.token_url;
  request.timeout = timeout;
  request.max_body_bytes = kMaxBody;
  request.hides_path = true;
  request.wants_error_body = true;
  request.headers = {{"Content-Type", Secret::Plain("application/x-www-form-urlencoded")},
                     {"Accept", Secret::Plain("application/json")}};
  request.body = "grant_type=client_credentials";
  std::string scopes;
  for (const std::string& scope : config.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
  if (!scopes.empty()) request.body += "&scope=" + UrlEncode(scopes);
  for (const auto& [name, value] : config.parameters)
    request.body += "&" + UrlEncode(name) + "=" + UrlEncode(value);
  std::string id = UrlEncode(config.client_id);
  std::string secret = UrlEncode(config.client_secret.Reveal());
  if (config.secret_in_body) {
    request.body += "&client_id=" + id + "&client_secret=" + secret;
  } else {
    request.user = std::move(id);
    request.password = Secret(std::move(secret));
  }
  return request;
}

// Why an answer brought no token.
Error Refusal(const HttpResponse& response, const std::string& body) {
  const std::string status = std::to_string(response.status);
  const auto fields = ReadJsonFields(body);
  const std::string error = FieldText(fields, "error");
  const std::string why = error.empty() ? "" : ": " + Excerpt(error);
  if (response.status / 100 == 3)
    return {ErrorCode::kRedirect, "the token endpoint " + RedirectText(response, "check oauth2.token_url")};
  if (response.status == 400 || response.status == 401 || response.status == 403) {
    return {ErrorCode::kUnauthorized, "the token endpoint refused the client (" + status + ")" + why +
                                          ": check oauth2.client_id, client_secret and scopes"};
  }
  if (response.status != 200) {
    return WithWait({ErrorCode::kHttpStatus, UnexpectedStatus("the token endpoint", response.status) + why},
                    response);
  }
  if (!LooksLikeJson(body)) {
    return {ErrorCode::kNotJson, "the token endpoint answered 200 with something that is not JSON (" +
                                     Excerpt(response.content_type) + "): check oauth2.token_url"};
  }
  return {ErrorCode::kBadShape,
          "the token endpoint answered 200 without an access_token that a header can carry"};
}

}  // namespace

std::optional<OAuth2Config> ReadOAuth2(MapReader& block) {
  if (!block.Has("oauth2")) return std::nullopt;
  OAuth2Config config;
  MapReader oauth2 = block.Section("oauth2");
  oauth2.Require("token_url", "want the whole URL of the token endpoint");
  if (oauth2.Text("token_url", config.token_url)) {
    if (const auto problem = UrlProblem(config.token_url, kUrlRules)) oauth2.Fail("token_url", *problem);
  }
  oauth2.Require("client_id", "want the name by which the server knows this program");
  oauth2.Text("client_id", config.client_id);
  oauth2.SecretText("client_secret", config.client_secret);
  oauth2.TextList("scopes", config.scopes, kMaxScopes);
  oauth2.Boolean("secret_in_body", config.secret_in_body);
  MapReader parameters = oauth2.Section("parameters");
  for (const std::string& name : parameters.Keys()) {
    std::string value;
    if (parameters.Text(name, value)) config.parameters.emplace_back(name, std::move(value));
  }
  return config;
}

OAuth2Client::OAuth2Client(OAuth2Config config, HttpClient& http, const Clock& clock)
    : config_(std::move(config)), http_(http), clock_(clock) {}

Result<HttpResponse> OAuth2Client::Send(const HttpRequest& request, const BodySink& sink,
                                        std::stop_token stop) {
  const MonotonicTime deadline = clock_.Monotonic() + request.timeout;
  const auto left = [&] { return std::chrono::duration_cast<Millis>(deadline - clock_.Monotonic()); };
  for (bool last = false;; last = true) {
    const auto token = Token(left(), stop);
    if (!token) return tl::unexpected(token.error());
    HttpRequest authorized = request;
    authorized.headers.emplace_back("Authorization", Secret::Plain("Bearer " + token->Reveal()));
    authorized.timeout = left();
    if (authorized.timeout <= Millis{0})
      return Fail(ErrorCode::kTimeout, "asking for a token took all of the source's timeout");
    auto response = http_.Send(authorized, sink, stop);
    const bool refused = response && response->status == 401;
    if (!refused || !Forget() || last) return response;
  }
}

Result<Secret> OAuth2Client::Token(Millis timeout, std::stop_token stop) {
  const MonotonicTime now = clock_.Monotonic();
  if (!token_.empty() && now < renew_at_) return token_;
  auto fresh = AskForToken(timeout, std::move(stop));
  if (!fresh && !token_.empty() && now < expires_at_) return token_;
  return fresh;
}

// The token was refused. False if it is so new that another one would not help.
bool OAuth2Client::Forget() {
  token_ = Secret();
  return clock_.Monotonic() - had_at_ >= kNew;
}

Result<Secret> OAuth2Client::AskForToken(Millis timeout, std::stop_token stop) {
  std::string body;
  const auto response = http_.Send(
      ToRequest(config_, timeout),
      [&body](std::string_view bytes) {
        body += bytes.substr(0, kMaxKept - body.size());
        return true;
      },
      std::move(stop));
  if (!response) return Fail(response.error().code, "asking for a token: " + response.error().message);
  const auto fields = response->status == 200 ? ReadJsonFields(body) : std::map<std::string, std::string>();
  const std::string token = FieldText(fields, "access_token");
  if (!IsSendable(token)) return tl::unexpected(Refusal(*response, body));
  if (const std::string type = FieldText(fields, "token_type");
      !type.empty() && LowerCase(type) != "bearer") {
    return Fail(ErrorCode::kBadShape,
                "the token endpoint gives a token of type " + Excerpt(type) + " where Bearer is expected");
  }
  const std::chrono::seconds life = LifeOf(FieldText(fields, "expires_in"));
  token_ = GivenToken(token);
  had_at_ = clock_.Monotonic();
  expires_at_ = had_at_ + life;
  renew_at_ = expires_at_ - std::min<std::chrono::seconds>(kMargin, life / 10);
  return token_;
}

std::optional<OAuth2Client> MakeOAuth2Client(const std::optional<OAuth2Config>& config, HttpClient& http) {
  static const SystemClock clock;
  if (!config) return std::nullopt;
  return std::optional<OAuth2Client>(std::in_place, *config, http, clock);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/config_reader.h"
#include "http/http_client.h"

namespace o2o {

// OAuth 2.0 client credentials (RFC 6749, 4.4): where to get a token, and for which client.
struct OAuth2Config {
  std::string token_url;
  std::string client_id;
  Secret client_secret;
  std::vector<std::string> scopes;
  std::vector<std::pair<std::string, std::string>> parameters;  // further form fields, such as an audience
  bool secret_in_body = false;                                  // else as basic authentication
};

// Reads `oauth2` of a block; nothing if the block has none.
std::optional<OAuth2Config> ReadOAuth2(MapReader& block);

// Sends requests with such a token: fetched when it is first needed, kept, and renewed a while before it
// expires; while renewals fail, the old token is used until it expires. If a token is refused (401), it is
// renewed and the request is sent once more. All within the request's timeout. The secret's file is read for
// each token.
class OAuth2Client final : public HttpClient {
 public:
  // `http` and `clock` must outlive it.
  OAuth2Client(OAuth2Config config, HttpClient& http, const Clock& clock);

  // Besides the errors of `http`: kUnauthorized if the client is refused, and whatever else prevented a
  // token.
  [[nodiscard]] Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink,
                                          std::stop_token stop) override;

 private:
  [[nodiscard]] Result<Secret> Token(Millis timeout, std::stop_token stop);
  [[nodiscard]] Result<Secret> AskForToken(Millis timeout, std::stop_token stop);
  bool Forget();

  const OAuth2Config config_;
  HttpClient& http_;
  const Clock& clock_;
  Secret token_;
  MonotonicTime had_at_{};
  MonotonicTime renew_at_{};
  MonotonicTime expires_at_{};
};

// By the system's clock; nothing without a configuration.
std::optional<OAuth2Client> MakeOAuth2Client(const std::optional<OAuth2Config>& config, HttpClient& http);

}  // namespace o2o

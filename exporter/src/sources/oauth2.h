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

// OAuth 2.0 client credentials (RFC 6749, 4.4): where a token is had, and for whom.
struct OAuth2Config {
  std::string token_url;
  std::string client_id;
  Secret client_secret;
  std::vector<std::string> scopes;
  std::vector<std::pair<std::string, std::string>> parameters;  // more of the form, as an audience
  bool secret_in_body = false;                                  // else as basic authentication
};

// Reads `oauth2` of a block; nothing if the block has none.
std::optional<OAuth2Config> ReadOAuth2(MapReader& block);

// Asks an upstream with such a token: had when it is first needed, kept, and renewed a while before it
// expires; while renewals fail the old one is used until then. One that is refused (401) is renewed
// and the request sent once more. All within the request's timeout. The secret's file is read for each token.
class OAuth2Client final : public HttpClient {
 public:
  // `http` and `clock` must outlive it.
  OAuth2Client(OAuth2Config config, HttpClient& http, const Clock& clock);

  // Beside the errors of `http`: kUnauthorized where the client is refused, and what else went wrong on the
  // way to a token.
  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override;

 private:
  Result<Secret> Token(Millis timeout, std::stop_token stop);
  Result<Secret> AskForToken(Millis timeout, std::stop_token stop);
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

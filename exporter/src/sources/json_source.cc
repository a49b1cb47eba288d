// SPDX-License-Identifier: Apache-2.0
#include "sources/json_source.h"

#include "base/base64.h"
#include "base/text.h"
#include "json/json_reader.h"

namespace o2o {
namespace {

HttpRequest ToRequest(const JsonSourceConfig& config, Millis timeout) {
  HttpRequest request;
  request.method = config.method;
  request.url = config.url;
  request.body = config.body;
  request.headers = {{"Accept", Secret("application/json")}};
  if (!config.body.empty()) request.headers.emplace_back("Content-Type", Secret("application/json"));
  if (!config.username.empty()) {
    request.headers.emplace_back("Authorization",
                                 Secret("Basic " + Base64(config.username + ":" + config.password.Reveal())));
  }
  if (!config.bearer_token.empty()) {
    request.headers.emplace_back("Authorization", Secret("Bearer " + config.bearer_token.Reveal()));
  }
  for (const auto& header : config.headers) request.headers.push_back(header);
  request.timeout = timeout;
  request.max_body_bytes = config.max_body_bytes;
  return request;
}

Error Refusal(const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  if (response.status == 401 || response.status == 403) {
    return {ErrorCode::kUnauthorized, "the endpoint answered " + status + ": check its credentials in the configuration"};
  }
  if (response.status / 100 == 3) {
    return {ErrorCode::kRedirect, "the endpoint redirects to " + Excerpt(response.location) + " (" + status +
                                      "), which is not followed: use the address that it names"};
  }
  if (response.status == 404) return {ErrorCode::kNotFound, "the endpoint answered 404: check the path of its url"};
  return {ErrorCode::kHttpStatus, "the endpoint answered " + status + " where 200 is due"};
}

}  // namespace

JsonSource::JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http)
    : config_(std::move(config)), timeout_(timeout), http_(http) {}

Result<PollResult> JsonSource::Poll(std::stop_token stop) {
  auto answer = Fetch(kPollSamples, stop);
  if (!answer) return tl::unexpected(answer.error());
  return ToPollResult(*std::move(answer));
}

Result<MappedAnswer> JsonSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  auto answer = FetchMapped(http_, ToRequest(config_, timeout_), config_.mapping, options, stop);
  if (!answer) return answer;
  if (answer->response.status != 200) return tl::unexpected(Refusal(answer->response));
  if (!answer->mapping && !LooksLikeJson(answer->beginning)) {
    return Fail(ErrorCode::kNotJson, "the endpoint answered 200 with something that is no JSON (" +
                                         (answer->beginning.empty() ? "an empty body" : Excerpt(answer->response.content_type)) +
                                         "): is a login page or proxy in between?");
  }
  if (!answer->mapping) return tl::unexpected(answer->mapping.error());
  return answer;
}

}  // namespace o2o

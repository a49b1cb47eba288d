// SPDX-License-Identifier: Apache-2.0
#include "sources/json_source.h"

#include <algorithm>
#include <cctype>

#include "base/base64.h"
#include "base/text.h"
#include "json/json_reader.h"

namespace o2o {
namespace {

// Headers that the user gives stand in the place of ours.
bool Gives(const JsonSourceConfig& config, std::string_view name) {
  return std::any_of(config.headers.begin(), config.headers.end(), [&](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    });
  });
}

HttpRequest ToRequest(const JsonSourceConfig& config, Millis timeout) {
  HttpRequest request;
  request.method = config.method;
  request.url = config.url;
  request.body = config.body;
  request.headers = config.headers;
  const auto add = [&](const char* name, std::string value) {
    if (!Gives(config, name)) request.headers.emplace_back(name, Secret(std::move(value)));
  };
  add("Accept", "application/json");
  if (!config.body.empty()) add("Content-Type", "application/json");
  if (!config.username.empty())
    add("Authorization", "Basic " + Base64(config.username + ":" + config.password.Reveal()));
  if (!config.bearer_token.empty()) add("Authorization", "Bearer " + config.bearer_token.Reveal());
  request.timeout = timeout;
  request.max_body_bytes = config.max_body_bytes;
  return request;
}

std::optional<Error> Problem(const MappedAnswer& answer) {
  const HttpResponse& response = answer.response;
  const std::string status = std::to_string(response.status);
  if (response.status / 100 == 3) {
    return Error{ErrorCode::kRedirect, "the endpoint redirects to " + Excerpt(response.location) + " (" +
                                           status +
                                           "), which is not followed: use the address that it names"};
  }
  if (response.status == 401 || response.status == 403) {
    return Error{ErrorCode::kUnauthorized,
                 "the endpoint answered " + status + ": check its credentials in the configuration"};
  }
  if (response.status == 404)
    return Error{ErrorCode::kNotFound, "the endpoint answered 404: check the path of its url"};
  // 201 is what some answer to a POST.
  if (response.status != 200 && response.status != 201) {
    return Error{ErrorCode::kHttpStatus, "the endpoint answered " + status + " where 200 is due"};
  }
  if (answer.mapping) return std::nullopt;
  if (!LooksLikeJson(answer.beginning)) {
    return Error{ErrorCode::kNotJson,
                 "the endpoint answered " + status + " with something that is no JSON (" +
                     (answer.beginning.empty() ? "an empty body" : Excerpt(response.content_type)) +
                     "): is a login page or proxy in between?"};
  }
  return answer.mapping.error();
}

}  // namespace

JsonSource::JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http)
    : config_(std::move(config)), timeout_(timeout), http_(http) {}

Result<MappedAnswer> JsonSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  auto answer = FetchMapped(http_, ToRequest(config_, timeout_), config_.mapping, options, stop);
  if (answer) answer->problem = Problem(*answer);
  return answer;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/json_source.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "base/text.h"
#include "config/endpoint_loader.h"
#include "json/json_reader.h"
#include "sources/paged_answer.h"
#include "sources/redirect_text.h"
#include "sources/upstream_status.h"

namespace o2o {
namespace {

constexpr UrlRules kUrlRules{"https://shop.example.com/api/v1/flags/", "use basic_auth", true};

void ReadBasicAuth(MapReader basic, JsonSourceConfig& config) {
  basic.Require("username", "want the user");
  if (basic.Text("username", config.username) && config.username.find(':') != std::string::npos) {
    // Without quoting it, since a password may follow the colon.
    basic.Fail("username", "holds a colon, which basic authentication cannot carry: want the user alone");
  }
  basic.SecretText("password", config.password);
}

// Whether one of the ways to authenticate is configured.
bool ReadAuth(MapReader& json, JsonSourceConfig& config) {
  const Given bearer = json.SecretIfAny("bearer_token", config.bearer_token);
  config.oauth2 = ReadOAuth2(json);
  if (config.oauth2 && (bearer == Given::kYes || json.Has("basic_auth"))) {
    json.FailKey("oauth2", "given beside basic_auth or bearer_token, want one of them");
  }
  if (config.oauth2) return true;
  if (!json.Has("basic_auth")) return bearer != Given::kNo;
  ReadBasicAuth(json.Section("basic_auth"), config);
  if (bearer == Given::kYes) {
    json.FailKey("basic_auth", "given beside bearer_token, want one of the two");
  }
  return true;
}

void ReadRequest(MapReader& json, JsonSourceConfig& config) {
  if (json.Text("method", config.method) && config.method != "GET" && config.method != "POST") {
    json.FailValue("method", "is not a method, want GET or POST");
  }
  if (!json.Has("body")) return;
  const YamlNode::Kind kind = json.KindOf("body");
  if (kind == YamlNode::Kind::kMap || kind == YamlNode::Kind::kSequence) {
    json.JsonText("body", config.body);
  } else {
    json.Text("body", config.body);
  }
  if (config.method == "GET") json.FailKey("body", "is for method: POST, remove it or set method: POST");
}

// How the body is written.
void ReadFormat(MapReader& json, JsonSourceConfig& config) {
  std::string format;
  if (!json.Text("format", format) || format == "json") return;
  if (format != "ndjson") {
    json.FailValue("format", "is not a format, want json or ndjson");
    return;
  }
  const auto is_whole = [](const RowsConfig& rows) {
    return rows.pointer.empty() && rows.is != RowsAre::kRow;
  };
  bool fits = is_whole(config.mapping.rows);
  for (const MetricConfig& metric : config.mapping.metrics) {
    fits = fits && (!metric.rows || is_whole(*metric.rows));
    for (const LabelFrom& label : metric.labels) fits = fits && !label.column.starts_with(kDocumentColumn);
  }
  fits = fits && (!config.pages || config.pages->pointer.empty());
  if (!fits) {
    json.FailValue("format",
                   "has a row on each line, and no document around them: remove rows.pointer, rows.is: row, "
                   "columns that begin with $/, and pages.next unless it is link");
  }
  config.mapping.rows.lines = true;
}

// Configured headers replace ours.
bool Gives(const JsonSourceConfig& config, std::string_view name) {
  return std::any_of(config.headers.begin(), config.headers.end(),
                     [&](const auto& header) { return EqualsIgnoringCase(header.first, name); });
}

HttpRequest ToRequest(const JsonSourceConfig& config, Millis timeout) {
  HttpRequest request;
  request.method = config.method;
  request.url = config.url;
  request.hides_path = true;
  request.body = config.body;
  for (const auto& [name, value] : config.headers) request.headers.emplace_back(name, value.Current());
  const auto add = [&](const char* name, Secret value) {
    if (!Gives(config, name)) request.headers.emplace_back(name, std::move(value));
  };
  add("Accept", Secret::Plain(config.mapping.rows.lines ? "application/x-ndjson" : "application/json"));
  if (!config.body.empty()) add("Content-Type", Secret::Plain("application/json"));
  if (!config.username.empty() && !Gives(config, "Authorization")) {
    request.user = config.username;
    request.password = config.password.Current();
  }
  if (!config.bearer_token.empty()) add("Authorization", Secret("Bearer " + config.bearer_token.Reveal()));
  request.timeout = timeout;
  request.max_body_bytes = config.max_body_bytes;
  return request;
}

std::optional<Error> Problem(const MappedAnswer& answer) {
  const HttpResponse& response = answer.response;
  const std::string status = std::to_string(response.status);
  if (response.status / 100 == 3) {
    return Error{ErrorCode::kRedirect,
                 "the endpoint " + RedirectText(response, "use the address that it names")};
  }
  if (response.status == 401 || response.status == 403) {
    return Error{ErrorCode::kUnauthorized,
                 "the endpoint answered " + status + ": check its credentials in the configuration"};
  }
  if (response.status == 404)
    return Error{ErrorCode::kNotFound, "the endpoint answered 404: check the path of its url"};
  // Any 2xx: what counts is that the body is complete and can be mapped.
  if (response.status / 100 != 2)
    return WithWait({ErrorCode::kHttpStatus, UnexpectedStatus("the endpoint", response.status)}, response);
  if (answer.mapping) return std::nullopt;
  if (answer.beginning.empty()) {
    return Error{
        ErrorCode::kNotJson,
        "the endpoint answered " + status +
            " with an empty body, expected JSON: where there is nothing to report it should answer [] or {}"};
  }
  if (!LooksLikeJson(answer.beginning)) {
    return Error{ErrorCode::kNotJson,
                 "the endpoint answered " + status + " with something that is not JSON (" +
                     Excerpt(response.content_type) + "): is a login page or proxy in between?"};
  }
  return answer.mapping.error();
}

}  // namespace

std::shared_ptr<const KindConfig> ReadJsonEndpoint(MapReader json, const MappingPlace& place) {
  JsonSourceConfig config;
  ReadUrl(json, "want the whole URL, like https://shop.example.com/api/v1/flags/", kUrlRules, config.url);
  ReadRequest(json, config);
  TakenHeaders taken;
  if (ReadAuth(json, config))
    taken["authorization"] = "given beside basic_auth, bearer_token or oauth2, want one of them";
  ReadHeaders(json, taken, config.headers);
  ReadTls(json.Section("tls"), config.tls);
  ReadProxy(json, config.proxy);
  ReadMapped(json, place, RowShape::kAny, config);
  config.pages = ReadPages(json);
  ReadFormat(json, config);
  return std::make_shared<JsonSourceConfig>(std::move(config));
}

std::unique_ptr<MappedSource> JsonSourceConfig::MakeSource(const SourceInputs& inputs) const {
  return std::make_unique<JsonSource>(*this, inputs.timeout, inputs.http, inputs.clock);
}

JsonSource::JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http, const Clock& clock)
    : config_(std::move(config)),
      timeout_(timeout),
      oauth2_(MakeOAuth2Client(config_.oauth2, http)),
      http_(oauth2_ ? static_cast<HttpClient&>(*oauth2_) : http),
      clock_(clock) {}

std::vector<ErrorCode> JsonSource::FailureReasons() const { return UpstreamFailures({ErrorCode::kNotFound}); }

Result<MappedAnswer> JsonSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  if (config_.pages) {
    return FetchPages(http_, ToRequest(config_, timeout_), *config_.pages, config_.mapping, options, Problem,
                      clock_, std::move(stop));
  }
  auto answer = FetchMapped(http_, ToRequest(config_, timeout_), config_.mapping, options, stop);
  if (answer) answer->problem = Problem(*answer);
  return answer;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/json_source.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/text.h"
#include "config/endpoint_loader.h"
#include "json/json_reader.h"
#include "sources/redirect_text.h"

namespace o2o {
namespace {

constexpr UrlRules kUrlRules{"https://shop.example.com/api/v1/flags/", "use basic_auth", true};
constexpr std::size_t kMaxHeaders = 50;
constexpr std::string_view kKeyWords[] = {"auth",  "key",     "token",   "secret", "pass",
                                          "cookie", "session", "credential"};

// By HTTP's grammar (a token of RFC 9110).
bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return IsDigit(c) || IsLetter(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// Those that say how the exchange itself goes: a wrong one breaks it in ways that are hard to see.
bool IsOurs(const std::string& lower_name) {
  static const std::set<std::string> kOurs = {
      "accept-encoding", "connection",        "content-length", "expect", "host", "keep-alive", "te",
      "trailer",         "transfer-encoding", "upgrade"};
  return kOurs.contains(lower_name);
}

// By its name. Others are as harmless as "application/json", and masked would make much of what is shown
// unreadable; who has a secret in one uses headers_file.
bool HoldsKey(std::string_view name) {
  const std::string lower = LowerCase(name);
  return std::any_of(std::begin(kKeyWords), std::end(kKeyWords), [&](std::string_view word) {
    return lower.find(word) != std::string::npos;
  });
}

using SeenHeaders = std::set<std::string>;  // in lower case

// The header's name is in order.
bool CheckHeader(MapReader& headers, const std::string& name, bool has_auth, SeenHeaders& seen) {
  const std::string lower = LowerCase(name);
  if (!IsHeaderName(name)) {
    headers.FailKey(name, "is no header name, want one like X-Tenant");
  } else if (IsOurs(lower)) {
    headers.FailKey(name, "is set by the program itself, remove it");
  } else if (lower == "authorization" && has_auth) {
    headers.FailKey(name, "given beside basic_auth or bearer_token, want one of them");
  } else if (!seen.insert(lower).second) {
    headers.FailKey(name, "stands there twice, give each header once");
  } else {
    return true;
  }
  return false;
}

void ReadHeaders(MapReader& json, bool has_auth, JsonSourceConfig& config) {
  SeenHeaders seen;
  MapReader headers = json.Section("headers");
  for (const std::string& name : headers.Keys()) {
    std::string value;
    if (headers.Text(name, value) && CheckHeader(headers, name, has_auth, seen)) {
      config.headers.emplace_back(name, HoldsKey(name) ? Secret(std::move(value)) : Secret::Plain(std::move(value)));
    }
  }
  MapReader files = json.Section("headers_file");
  for (const std::string& name : files.Keys()) {
    Secret value;
    if (files.SecretFromFile(name, value) && CheckHeader(files, name, has_auth, seen)) {
      config.headers.emplace_back(name, std::move(value));
    }
  }
  if (config.headers.size() > kMaxHeaders) json.Fail("headers", "more than 50 headers, want fewer");
}

void ReadBasicAuth(MapReader basic, JsonSourceConfig& config) {
  basic.Require("username", "want the user");
  if (basic.Text("username", config.username) && config.username.find(':') != std::string::npos) {
    basic.FailValue("username", "holds a colon, which basic authentication cannot carry");
  }
  basic.SecretText("password", config.password);
}

// Whether one of the two ways is there.
bool ReadAuth(MapReader& json, JsonSourceConfig& config) {
  const Given bearer = json.SecretIfAny("bearer_token", config.bearer_token);
  if (!json.Has("basic_auth")) return bearer != Given::kNo;
  ReadBasicAuth(json.Section("basic_auth"), config);
  if (bearer == Given::kYes) {
    json.FailKey("basic_auth", "given beside bearer_token, want one of the two");
  }
  return true;
}

void ReadRequest(MapReader& json, JsonSourceConfig& config) {
  if (json.Text("method", config.method) && config.method != "GET" && config.method != "POST") {
    json.FailValue("method", "is no method, want GET or POST");
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
  const auto is_whole = [](const RowsConfig& rows) { return rows.pointer.empty() && rows.is != RowsAre::kRow; };
  bool fits = is_whole(config.mapping.rows);
  for (const MetricConfig& metric : config.mapping.metrics) {
    fits = fits && (!metric.rows || is_whole(*metric.rows));
    for (const LabelFrom& label : metric.labels) fits = fits && !label.column.starts_with(kDocumentColumn);
  }
  if (!fits) {
    json.FailValue("format", "has a row on each line, and no document around them: remove rows.pointer, rows.is: row "
                             "and columns that begin with $/");
  }
  config.mapping.rows.lines = true;
}

// Headers that the user gives stand in the place of ours.
bool Gives(const JsonSourceConfig& config, std::string_view name) {
  return std::any_of(config.headers.begin(), config.headers.end(),
                     [&](const auto& header) { return EqualsIgnoringCase(header.first, name); });
}

HttpRequest ToRequest(const JsonSourceConfig& config, Millis timeout) {
  HttpRequest request;
  request.method = config.method;
  request.url = config.url;
  request.body = config.body;
  for (const auto& [name, value] : config.headers) request.headers.emplace_back(name, value.Current());
  const auto add = [&](const char* name, Secret value) {
    if (!Gives(config, name)) request.headers.emplace_back(name, std::move(value));
  };
  add("Accept", Secret::Plain(config.mapping.rows.lines ? "application/x-ndjson" : "application/json"));
  if (!config.body.empty()) add("Content-Type", Secret::Plain("application/json"));
  if (!config.username.empty())
    add("Authorization", Secret("Basic " + Base64(config.username + ":" + config.password.Reveal())));
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
  // Whatever success it is: what counts is that its body is whole and maps.
  if (response.status / 100 != 2)
    return Error{ErrorCode::kHttpStatus, "the endpoint answered " + status + ", expected 200"};
  if (answer.mapping) return std::nullopt;
  if (answer.beginning.empty()) {
    return Error{ErrorCode::kNotJson, "the endpoint answered " + status +
                                          " with an empty body, expected JSON: where there is nothing to tell it "
                                          "should answer [] or {}"};
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
  ReadHeaders(json, ReadAuth(json, config), config);
  ReadMapped(json, place, RowShape::kAny, config);
  ReadFormat(json, config);
  return std::make_shared<JsonSourceConfig>(std::move(config));
}

std::unique_ptr<MappedSource> JsonSourceConfig::MakeSource(const SourceInputs& inputs) const {
  return std::make_unique<JsonSource>(*this, inputs.timeout, inputs.http);
}

JsonSource::JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http)
    : config_(std::move(config)), timeout_(timeout), http_(http) {}

Result<MappedAnswer> JsonSource::Fetch(const MappingOptions& options, std::stop_token stop) {
  auto answer = FetchMapped(http_, ToRequest(config_, timeout_), config_.mapping, options, stop);
  if (answer) answer->problem = Problem(*answer);
  return answer;
}

}  // namespace o2o

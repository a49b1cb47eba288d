// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "config/endpoint_loader.h"
#include "config/source_kinds.h"

namespace o2o {
namespace {

constexpr UrlRules kUrlRules{"https://shop.example.com/api/v1/flags/", "use basic_auth", true};
constexpr std::size_t kMaxHeaders = 50;

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// By HTTP's grammar (a token of RFC 9110).
bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
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

using SeenHeaders = std::set<std::string>;  // in lower case

// The header's name is in order.
bool CheckHeader(MapReader& headers, const std::string& name, bool has_auth, SeenHeaders& seen) {
  const std::string lower = Lower(name);
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
      config.headers.emplace_back(name, Secret(std::move(value)));
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

}  // namespace

SourceKindConfig ReadJsonEndpoint(MapReader json, const MappingPlace& place) {
  JsonSourceConfig config;
  ReadUrl(json, "want the whole URL, like https://shop.example.com/api/v1/flags/", kUrlRules, config.url);
  ReadRequest(json, config);
  ReadHeaders(json, ReadAuth(json, config), config);
  json.Bytes("max_body", config.max_body_bytes, kBodyRange);
  ReadTls(json.Section("tls"), config.tls);
  ReadProxy(json, config.proxy_url);
  config.mapping = ReadMapping(place, RowShape::kAny);
  return config;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/endpoint_loader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "base/ascii.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxHeaders = 50;
constexpr std::string_view kKeyWords[] = {"auth", "key",    "token",   "secret",
                                          "pass", "cookie", "session", "credential"};

// By HTTP's grammar (a token of RFC 9110).
bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return IsDigit(c) || IsLetter(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
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
  return std::any_of(std::begin(kKeyWords), std::end(kKeyWords),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

using SeenHeaders = std::set<std::string>;  // in lower case

// The header's name is in order.
bool CheckHeader(MapReader& headers, const std::string& name, const TakenHeaders& taken, SeenHeaders& seen) {
  const std::string lower = LowerCase(name);
  if (!IsHeaderName(name)) {
    headers.FailKey(name, "is not a header name, want one like X-Tenant");
  } else if (IsOurs(lower)) {
    headers.FailKey(name, "is set by the program itself, remove it");
  } else if (const auto other = taken.find(lower); other != taken.end()) {
    headers.FailKey(name, other->second);
  } else if (!seen.insert(lower).second) {
    headers.FailKey(name, "appears twice, give each header once");
  } else {
    return true;
  }
  return false;
}

}  // namespace

void ReadUrl(MapReader& block, std::string_view hint, const UrlRules& rules, std::string& url) {
  block.Require("url", hint);
  if (!block.Text("url", url)) return;
  // Without the URL itself: it may hold a key.
  if (const std::optional<std::string> problem = UrlProblem(url, rules)) block.Fail("url", *problem);
}

void ReadTls(MapReader tls, TlsConfig& config) {
  tls.File("ca_file", config.ca_file);
  tls.File("client_cert_file", config.client_cert_file);
  tls.File("client_key_file", config.client_key_file);
  tls.Boolean("insecure_skip_verify", config.insecure_skip_verify);
  if (!config.client_key_file.empty() && config.client_cert_file.empty()) {
    tls.Fail("client_key_file", "given without client_cert_file, want both");
  }
}

void ReadProxy(MapReader& block, ProxyConfig& proxy) {
  static constexpr UrlRules kRules{"http://proxy.example.com:3128", "use proxy_auth"};
  const Given given = block.TextIfAny("proxy", proxy.url);
  if (given == Given::kYes) {
    if (const std::optional<std::string> problem = UrlProblem(proxy.url, kRules))
      block.Fail("proxy", *problem);
  }
  if (!block.Has("proxy_auth")) return;
  MapReader auth = block.Section("proxy_auth");
  auth.Require("username", "want the user of the proxy");
  auth.Text("username", proxy.user);
  auth.SecretText("password", proxy.password);
  if (given == Given::kNo) block.FailKey("proxy_auth", "given without proxy, want both");
}

void ReadHeaders(MapReader& block, const TakenHeaders& taken, Headers& headers) {
  SeenHeaders seen;
  MapReader direct = block.Section("headers");
  for (const std::string& name : direct.Keys()) {
    std::string value;
    if (direct.Text(name, value) && CheckHeader(direct, name, taken, seen)) {
      headers.emplace_back(name, HoldsKey(name) ? Secret(std::move(value)) : Secret::Plain(std::move(value)));
    }
  }
  MapReader files = block.Section("headers_file");
  for (const std::string& name : files.Keys()) {
    Secret value;
    if (files.SecretFromFile(name, value) && CheckHeader(files, name, taken, seen)) {
      headers.emplace_back(name, std::move(value));
    }
  }
  if (headers.size() > kMaxHeaders) block.Fail("headers", "more than 50 headers, want fewer");
}

void ReadTimeZone(MapReader& block, TimeZone& zone) {
  std::string name;
  if (!block.Text("timezone", name)) return;
  if (const std::optional<TimeZone> found = TimeZone::Find(name)) {
    zone = *found;
  } else {
    block.FailValue("timezone", "is not a known time zone, want one like UTC, Asia/Ho_Chi_Minh or +07:00");
  }
}

}  // namespace o2o

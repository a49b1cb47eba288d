// SPDX-License-Identifier: Apache-2.0
#include "config/endpoint_loader.h"

#include <optional>

namespace o2o {

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

void ReadProxy(MapReader& block, std::string& proxy_url) {
  static constexpr UrlRules kRules{"http://proxy.example.com:3128", "use a proxy that needs none"};
  if (block.TextIfAny("proxy", proxy_url) != Given::kYes) return;
  if (const std::optional<std::string> problem = UrlProblem(proxy_url, kRules)) block.Fail("proxy", *problem);
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

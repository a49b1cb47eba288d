// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/config.h"

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "config/endpoint_loader.h"
#include "config/named_servers.h"

namespace o2o {
namespace {

constexpr UrlRules kUrlRules{"https://metabase.example.com", "use username and password"};

// User and password, or an API key. If both are given, the key is used, since it can neither expire nor be
// locked out, and the user is dropped.
void ReadCredentials(MapReader& metabase, MetabaseServerConfig& config) {
  const Given username = metabase.TextIfAny("username", config.username);
  const Given password = metabase.SecretIfAny("password", config.password);
  const Given api_key = metabase.SecretIfAny("api_key", config.api_key);
  if (username == Given::kUnusable || password == Given::kUnusable || api_key == Given::kUnusable) return;
  if (api_key == Given::kYes) {
    if (username == Given::kYes || password == Given::kYes) {
      metabase.Warn(metabase.Has("api_key") ? "api_key" : "api_key_file",
                    "given beside username or password: the API key is used, remove the others");
    }
    config.username.clear();
    config.password = Secret();
  } else if (username == Given::kYes && password == Given::kNo) {
    metabase.Fail("password", "missing, want password or password_file beside username");
  } else if (password == Given::kYes && username == Given::kNo) {
    metabase.Fail("username", "missing, want the user whose password is given");
  } else if (username == Given::kNo) {
    constexpr std::string_view kWanted =
        "want username with password (or password_file), or api_key (or api_key_file)";
    if (metabase.Has("username")) {
      metabase.FailValue("username", "is empty, " + std::string(kWanted));
    } else {
      metabase.FailHere("has no credentials, " + std::string(kWanted));
    }
  }
}

void ReadParameters(MapReader& metabase, std::string& parameters) {
  if (!metabase.Has("parameters")) return;
  if (metabase.KindOf("parameters") != YamlNode::Kind::kSequence) {
    metabase.Fail("parameters",
                  "is not a list, want one as Metabase takes it, like [{type: category, target: "
                  "[variable, [template-tag, city]], value: Hanoi}]");
    return;
  }
  metabase.JsonText("parameters", parameters);
}

void ReadServer(MapReader& metabase, MetabaseServerConfig& config) {
  ReadUrl(metabase, "want the base URL of the Metabase, like https://metabase.example.com", kUrlRules,
          config.url);
  while (config.url.ends_with('/')) config.url.pop_back();
  ReadCredentials(metabase, config);
  const std::string ours = "is set by the program itself, remove it";
  ReadHeaders(metabase,
              {{"x-api-key", "is set by api_key, want one of the two"},
               {"x-metabase-session", ours},
               {"cookie", ours},
               {"content-type", ours},
               {"accept", ours}},
              config.headers);
  ReadTls(metabase.Section("tls"), config.tls);
  ReadProxy(metabase, config.proxy);
}

// The keys that a block may not have beside `server`.
constexpr std::string_view kServerKeys[] = {"url",     "username",     "password",  "password_file",
                                            "api_key", "api_key_file", "headers",   "headers_file",
                                            "tls",     "proxy",        "proxy_auth"};

// The server that the block names by `server`, or else describes.
MetabaseServerConfig ServerOf(MapReader& metabase, const MappingPlace& place) {
  MetabaseServerConfig own;
  if (!metabase.Has("server")) {
    ReadServer(metabase, own);
    return own;
  }
  for (const std::string_view key : kServerKeys) {
    if (metabase.Has(key)) metabase.FailKey(key, "given beside server, want it where the server is named");
  }
  std::string name;
  if (!metabase.Text("server", name)) return own;
  if (place.servers == nullptr || !place.servers->Has(name)) {
    metabase.FailValue("server", place.servers == nullptr ? "is not known" : place.servers->Unknown(name));
  } else if (place.enabled) {
    return dynamic_cast<const MetabaseServerConfig&>(*place.servers->Find(name));
  }
  return own;
}

}  // namespace

std::shared_ptr<const KindConfig> ReadMetabaseServer(MapReader server) {
  auto config = std::make_shared<MetabaseServerConfig>();
  ReadServer(server, *config);
  return config;
}

std::shared_ptr<const KindConfig> ReadMetabase(MapReader metabase, const MappingPlace& place) {
  MetabaseServerConfig server = ServerOf(metabase, place);
  MetabaseSourceConfig config;
  config.url = std::move(server.url);
  config.username = std::move(server.username);
  config.password = std::move(server.password);
  config.api_key = std::move(server.api_key);
  config.headers = std::move(server.headers);
  config.tls = std::move(server.tls);
  config.proxy = std::move(server.proxy);
  metabase.Require("question", "want the number of a saved question, as in /question/7163");
  metabase.Integer("question", config.question, {1, std::numeric_limits<std::int32_t>::max()});
  ReadParameters(metabase, config.parameters);
  ReadMapped(metabase, place, RowShape::kList, config);
  return std::make_shared<MetabaseSourceConfig>(std::move(config));
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "config/source_kind.h"
#include "http/http_client.h"
#include "sources/mapped_source.h"
#include "sources/oauth2.h"
#include "sources/page_walk.h"

namespace o2o {

// Any HTTP endpoint that answers JSON.
struct JsonSourceConfig final : MappedSourceConfig {
  std::string url;             // whole, with path and query
  std::string method = "GET";  // or POST
  std::string body;            // of a POST
  std::vector<std::pair<std::string, Secret>> headers;
  std::string username;  // basic authentication
  Secret password;
  Secret bearer_token;
  std::optional<OAuth2Config> oauth2;  // instead of those
  std::optional<PagesConfig> pages;    // none: the answer is a single page

  std::unique_ptr<MappedSource> MakeSource(const SourceInputs& inputs) const override;
};

std::shared_ptr<const KindConfig> ReadJsonEndpoint(MapReader json, const MappingPlace& place);

// Requests the endpoint with each poll.
class JsonSource final : public MappedSource {
 public:
  // `http` and `clock` must outlive it.
  JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http, const Clock& clock);

  [[nodiscard]] Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) override;
  std::vector<ErrorCode> FailureReasons() const override;

 private:
  const JsonSourceConfig config_;
  const Millis timeout_;
  std::optional<OAuth2Client> oauth2_;
  HttpClient& http_;
  const Clock& clock_;
};

}  // namespace o2o

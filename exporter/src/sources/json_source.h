// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.h"
#include "http/http_client.h"
#include "sources/mapped_source.h"

namespace o2o {

// Any HTTP endpoint that answers JSON, by a mapping that the user wrote.
class JsonSource final : public MappedSource {
 public:
  // `http` must outlive it.
  JsonSource(JsonSourceConfig config, Millis timeout, HttpClient& http);

  Result<MappedAnswer> Fetch(const MappingOptions& options, std::stop_token stop) override;

 private:
  const JsonSourceConfig config_;
  const Millis timeout_;
  HttpClient& http_;
};

}  // namespace o2o

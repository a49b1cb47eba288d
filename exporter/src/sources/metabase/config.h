// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/secret.h"
#include "config/endpoint_loader.h"
#include "config/source_kind.h"
#include "sources/mapped_source.h"

namespace o2o {

// A Metabase and the credentials for it: user and password, or an API key.
struct MetabaseServerConfig final : KindConfig {
  std::string url;  // without a slash at its end
  std::string username;
  Secret password;
  Secret api_key;
  Headers headers;  // in addition, for a proxy in front of Metabase
  TlsConfig tls;
  ProxyConfig proxy;
};

// A saved question of a Metabase.
struct MetabaseSourceConfig final : MappedSourceConfig {
  std::string url;  // without a slash at its end
  std::string username;
  Secret password;
  Secret api_key;
  Headers headers;
  std::int64_t question = 0;  // its id, as in /question/7163
  std::string parameters;     // JSON text of Metabase's `parameters`; empty: none

  // Defined in source.cc, beside MetabaseSource, so that reading a configuration needs no source.
  std::unique_ptr<MappedSource> MakeSource(const SourceInputs& inputs) const override;
};

std::shared_ptr<const KindConfig> ReadMetabase(MapReader metabase, const MappingPlace& place);
// One of `metabases`.
std::shared_ptr<const KindConfig> ReadMetabaseServer(MapReader server);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/secret.h"
#include "config/source_kind.h"
#include "sources/mapped_source.h"

namespace o2o {

// A saved question of a Metabase. User and password, or an API key.
struct MetabaseSourceConfig final : MappedSourceConfig {
  std::string url;  // without a slash at its end
  std::string username;
  Secret password;
  Secret api_key;
  std::int64_t question = 0;  // its id, as in /question/7163
  std::string parameters;     // JSON text of Metabase's `parameters`; empty: none

  std::unique_ptr<MappedSource> MakeSource(const SourceInputs& inputs) const override;
};

std::shared_ptr<const KindConfig> ReadMetabase(MapReader metabase, const MappingPlace& place);

}  // namespace o2o

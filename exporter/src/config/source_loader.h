// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/config_reader.h"
#include "config/source_kind.h"

namespace o2o {

// Reads `sources`: the enabled ones (of them `only`, unless that is empty), the names of the others. Returns
// the name of the enabled one that keeps orders in PostgreSQL ("another" where it has none); empty if there
// is no such source.
std::string ReadSources(MapReader& root, std::span<const SourceKind> kinds, std::string_view only,
                        Config& config);

}  // namespace o2o

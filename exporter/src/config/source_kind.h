// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "config/config.h"
#include "config/config_reader.h"
#include "config/mapping_loader.h"

namespace o2o {

// A kind of source, as the loader knows it. The kinds themselves are above this floor, in sources/.
struct SourceKind {
  std::string_view key;      // of the block that chooses it
  bool needs_store = false;  // keeps orders in PostgreSQL; at most one such source can be on
  // Reads the block. Mistakes go to `block`; what is returned is never null. `place` is for the kinds whose
  // rows are mapped to metrics.
  std::shared_ptr<const KindConfig> (*read)(MapReader block, const MappingPlace& place);
  // Beside `sources`, where servers of this kind are named once for many sources; empty: there is no such
  // place. `read_server` reads one, by the same rules.
  std::string_view servers_key{};
  std::shared_ptr<const KindConfig> (*read_server)(MapReader block) = nullptr;
};

}  // namespace o2o

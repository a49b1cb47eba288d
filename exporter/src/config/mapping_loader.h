// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/config_reader.h"
#include "config/family_names.h"
#include "config/mapping_config.h"

// How rows become series: `rows`, `ceilings` and `metrics` of a source, for every kind that has rows.
namespace o2o {

class NamedServers;

// The place of a mapping in the configuration.
struct MappingPlace {
  MapReader& source;
  const std::string& name;          // of the source
  FamilyNames& families;            // of all sources
  bool enabled = true;              // the source
  NamedServers* servers = nullptr;  // those of the source's kind; null where it has none
};

bool HasMapping(MapReader& source);
MappingConfig ReadMapping(const MappingPlace& place, RowShape shape);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/config.h"
#include "config/config_reader.h"
#include "config/mapping_loader.h"

// What reads the block of each kind of source. `place` is for the kinds whose rows are mapped to metrics.
namespace o2o {

SourceKindConfig ReadOms(MapReader oms, const MappingPlace& place);
SourceKindConfig ReadMetabase(MapReader metabase, const MappingPlace& place);
SourceKindConfig ReadJsonEndpoint(MapReader json, const MappingPlace& place);

}  // namespace o2o

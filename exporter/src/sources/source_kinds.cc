// SPDX-License-Identifier: Apache-2.0
#include "sources/source_kinds.h"

#include "sources/json_source.h"
#include "sources/metabase/config.h"
#include "sources/oms/config.h"

namespace o2o {
namespace {

constexpr SourceKind kSourceKinds[] = {
    {"oms", true, ReadOms},
    {"metabase", false, ReadMetabase, "metabases", ReadMetabaseServer},
    {"json", false, ReadJsonEndpoint},
};

}  // namespace

std::span<const SourceKind> SourceKinds() { return kSourceKinds; }

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "config/source_kind.h"

namespace o2o {

// All kinds of source, in the order in which messages list them. Each reads a MappedSourceConfig or an
// OmsSourceConfig. Lives as long as the program.
std::span<const SourceKind> SourceKinds();

}  // namespace o2o

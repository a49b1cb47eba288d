// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "config/source_kind.h"

namespace o2o {

// The kinds of source that there are, in the order in which people are told of them. What they say of
// themselves is a MappedSourceConfig, or OmsSourceConfig. Lives as long as the program.
std::span<const SourceKind> SourceKinds();

}  // namespace o2o

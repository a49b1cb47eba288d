// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// The name under which the reading of the order store appears among the sources.
inline constexpr std::string_view kOrderStoreSource = "order-store";

// Why a name cannot be given to a source, and what would be right, as it follows the quoted name in a
// message; nothing if it can. Names become label values and paths below /api/.
std::optional<std::string> SourceNameProblem(std::string_view name);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/mapping_config.h"

namespace o2o {

// Whether it is a JSON Pointer by RFC 6901; the empty one is too.
bool IsPointer(std::string_view text);

// What is wrong with the name of a column of such rows, and what would be right.
std::optional<std::string> ColumnProblem(std::string_view column, const RowsConfig& rows);
// The same of a label, which may be from elsewhere in the answer.
std::optional<std::string> LabelColumnProblem(std::string_view column, const RowsConfig& rows);

}  // namespace o2o

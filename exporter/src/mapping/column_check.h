// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mapping/mapping_plan.h"
#include "mapping/row_reader.h"

namespace o2o {

// Which of the columns that a mapping asks for the rows of an answer had.
struct ColumnCheck {
  std::string missing;             // what no row has and some row must have, with what there is; mostly empty
  std::vector<std::string> notes;  // what was taken instead, or counts as empty
};

// Of an answer that was read whole. A level without rows lacks nothing.
ColumnCheck CheckColumns(const MappingPlan& plan, const RowReader& reader);

// The columns that the rows of a level have, clean.
std::vector<std::string> ColumnNames(const RowReader& reader, std::size_t level);

}  // namespace o2o

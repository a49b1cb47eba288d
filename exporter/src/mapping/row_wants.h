// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace o2o {

// What to read of the rows of one level: 0 are the outermost; the innermost are those that samples are made
// of.
struct LevelWants {
  // Slot kFirstColumnSlot and on. One that begins with / is a JSON Pointer into the row.
  std::vector<std::string> columns;
  bool members = false;  // the rows are members of an object, not elements of an array,
  bool either = false;   // or, unless `members` or `index` says more, whichever the answer has
  bool single = false;   // the value itself is the one row; level 0 only
  bool pairs = false;    // elements of an array are objects, whose members are the rows
  bool scalars = false;  // scalars are rows too
  bool arrays = false;   // arrays are rows too, whose columns are called 0, 1, ...
  bool index = false;    // kIndexSlot is wanted
  // A TextPattern: the columns that match it are the rows of the next level, as members.
  std::string pivot;
  std::string nested;  // the column that holds the rows of the next level; also among `columns`
};
inline constexpr std::size_t kKeySlot = 0;    // of a member, its key
inline constexpr std::size_t kValueSlot = 1;  // of a scalar row, its value
inline constexpr std::size_t kIndexSlot = 2;  // of an element, its place among all elements, from 0
inline constexpr std::size_t kFirstColumnSlot = 3;

struct RowWants {
  std::vector<std::string> pointer;    // the steps to the outermost rows
  std::vector<LevelWants> levels;      // at least one
  std::size_t max_text_bytes = 1'024;  // kept of a value
};

}  // namespace o2o

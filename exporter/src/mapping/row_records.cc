// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_records.h"

namespace o2o {

RowRecords::RowRecords(const std::vector<LevelWants>& levels, std::size_t max_text_bytes)
    : max_text_bytes_(max_text_bytes) {
  for (const LevelWants& wants : levels) levels_.push_back({kFirstColumnSlot + wants.columns.size(), {}, {}});
}

void RowRecords::Unset(std::size_t level, std::size_t slot) {
  Level& its = levels_[level];
  its.cells[(its.records.size() - 1) * its.slots + slot] = {};
}

void RowRecords::DropInside(std::size_t level) {
  std::size_t parents = levels_[level].records.size() - 1;
  for (std::size_t at = level + 1; at < levels_.size(); ++at) {
    Level& its = levels_[at];
    while (!its.records.empty() && its.records.back().parent >= parents) its.records.pop_back();
    its.cells.resize(its.records.size() * its.slots);
    parents = its.records.size();
  }
}

void RowRecords::DropMember(std::size_t level, std::string_view key) {
  Level& inside = levels_[level + 1];
  const std::size_t parent = levels_[level].records.size() - 1;
  for (std::size_t row = inside.records.size(); row-- > 0 && inside.records[row].parent == parent;) {
    if (Text(CellAt(level + 1, row, kKeySlot)) == key) inside.records[row].dropped = true;
  }
}

void RowRecords::Clear() {
  for (Level& level : levels_) {
    level.records.clear();
    level.cells.clear();
  }
  text_.clear();
}

}  // namespace o2o

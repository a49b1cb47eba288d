// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_reader.h"
#include "mapping/row_wants.h"

namespace o2o {

// What a row has in a slot.
struct Cell {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::uint32_t column = 0;  // of the level's ColumnIndex
  JsonType type = JsonType::kNull;
  bool present = false;
  bool exact = false;  // the column is named as asked for
  bool cut = false;
};

// The rows at hand: one outermost row with those inside it, level by level, each with what it has in its
// slots.
class RowRecords {
 public:
  // Of one outermost row with those inside it.
  static constexpr std::size_t kMaxBytes = 64u << 20;

  // A row being read, or waiting for the one around it to end.
  struct Record {
    JsonRange where;
    std::uint32_t parent = 0;
    bool too_deep = false;
    bool dropped = false;  // a later one has taken its place
  };

  RowRecords(const std::vector<LevelWants>& levels, std::size_t max_text_bytes);

  std::size_t levels() const { return levels_.size(); }
  std::size_t size(std::size_t level) const { return levels_[level].records.size(); }
  bool empty() const { return levels_[0].records.empty(); }
  const Record& At(std::size_t level, std::size_t row) const { return levels_[level].records[row]; }
  Record& Last(std::size_t level) { return levels_[level].records.back(); }
  const Cell& CellAt(std::size_t level, std::size_t row, std::size_t slot) const {
    return levels_[level].cells[row * levels_[level].slots + slot];
  }
  std::string_view Text(const Cell& cell) const {
    return std::string_view(text_).substr(cell.begin, cell.size);
  }

  // A row begins, inside the last one of the level around it. False where the rows at hand take too much.
  bool Add(std::size_t level, Record record);
  // What the last row has in a slot. Of columns that both might be meant the one named as asked for stays,
  // else the first; of equal keys the last.
  void Set(std::size_t level, std::size_t slot, Cell cell, std::string_view text);
  // The last row has nothing there after all.
  void Unset(std::size_t level, std::size_t slot);
  // Forgets the rows inside the last one.
  void DropInside(std::size_t level);
  // The row of that key inside the last one is not to count.
  void DropMember(std::size_t level, std::string_view key);
  void Clear();

 private:
  struct Level {
    std::size_t slots = 0;
    std::vector<Record> records;
    std::vector<Cell> cells;  // of each record one for each slot
  };

  const std::size_t max_text_bytes_;
  std::vector<Level> levels_;
  std::string text_;  // of the cells
};

// Inline, since every value of every row goes through them.
inline bool RowRecords::Add(std::size_t level, Record record) {
  Level& its = levels_[level];
  record.parent = level == 0 ? 0 : static_cast<std::uint32_t>(levels_[level - 1].records.size() - 1);
  its.records.push_back(record);
  its.cells.resize(its.cells.size() + its.slots);
  return text_.size() + its.cells.size() * sizeof(Cell) + its.records.size() * sizeof(Record) <= kMaxBytes;
}

inline void RowRecords::Set(std::size_t level, std::size_t slot, Cell cell, std::string_view text) {
  Level& its = levels_[level];
  Cell& old = its.cells[(its.records.size() - 1) * its.slots + slot];
  if (old.present && old.column != cell.column && (old.exact || !cell.exact)) return;
  cell.present = true;
  cell.cut = text.size() > max_text_bytes_;
  text = text.substr(0, max_text_bytes_);
  cell.begin = static_cast<std::uint32_t>(text_.size());
  cell.size = static_cast<std::uint32_t>(text.size());
  text_ += text;
  old = cell;
}

// One innermost row with those around it. Lives while it is being taken.
class RowView {
 public:
  RowView(const RowRecords& records, std::size_t row) : records_(records), row_(row) {}
  const Cell& At(std::size_t level, std::size_t slot) const {
    std::size_t row = row_;
    for (std::size_t at = records_.levels() - 1; at > level; --at) row = records_.At(at, row).parent;
    return records_.CellAt(level, row, slot);
  }
  std::string_view Text(const Cell& cell) const { return records_.Text(cell); }
  bool TooDeep() const {
    std::size_t row = row_;
    for (std::size_t at = records_.levels(); at-- > 0;) {
      const RowRecords::Record& record = records_.At(at, row);
      if (record.too_deep) return true;
      row = record.parent;
    }
    return false;
  }
  JsonRange Where() const { return records_.At(records_.levels() - 1, row_).where; }

 private:
  const RowRecords& records_;
  std::size_t row_;  // of the innermost level
};

}  // namespace o2o

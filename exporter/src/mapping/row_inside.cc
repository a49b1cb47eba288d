// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "mapping/row_reader.h"
#include "mapping/shown.h"

// RowReader further inside a row: what JSON Pointers reach in its columns, and the rows that it holds.
namespace o2o {

// The place of a value in a row that is an array, as its key.
void RowReader::TakeElementKey() {
  if (skipped_ > 0 || frames_.empty()) return;
  Frame& frame = frames_.back();
  if (frame.kind == Kind::kRow && !frame.object) Key(std::to_string(frame.elements++));
}

// A column whose name is a label's text.
void RowReader::TakePivotKey(Level& its, std::string_view key, bool repeated) {
  if (!column_->pivoted) column_->pivoted = its.pivot->Matches(key);
  if (!*column_->pivoted) return;
  member_key_ = key;
  if (repeated) records_.DropMember(levels_.size() - 2, key);
}

bool RowReader::ScalarPivoted(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  levels_[level].nested_seen = true;
  levels_[level + 1].members = true;
  return ScalarRow(level + 1, type, text, where);
}

void RowReader::TakeInsideKey(Frame& frame, std::string_view key) {
  Level& its = levels_[frame.place];
  frame.child = its.pointers.Child(frame.node, key);
  if (frame.child == PointerTree::kNone) {
    if (its.rows_seen == 1) its.pointers.KeepName(frame.node, key);
    return;
  }
  if (its.pointers.At(frame.child).last_row == its.rows_seen) ++duplicate_keys_;
}

bool RowReader::OpenInRow(std::size_t level, JsonType type, std::size_t begin) {
  if (IsNested(levels_[level])) return OpenNested(level, type, begin);
  SetColumn(level, type, {});
  if (IsPivoted(levels_[level])) {
    levels_[level].nested_seen = true;
    SkipAndReject(Quoted(column_->name) + " is " + std::string(Describe(type)) + ", expected a value", begin);
    return true;
  }
  if (column_->branch != PointerTree::kNone) return OpenInside(level, column_->branch, type, begin);
  ++skipped_;
  return true;
}

// Of equal keys the last wins, with all that is in it.
void RowReader::Arrive(std::size_t level, PointerTree::NodeId id) {
  Level& its = levels_[level];
  PointerTree::Node& node = its.pointers.At(id);
  node.seen = true;
  if (node.last_row == its.rows_seen) {
    for (const std::uint32_t slot : node.below) records_.Unset(level, kFirstColumnSlot + slot);
    its.pointers.ForgetBelow(id);
    if (node.nested_below) DropNested(level);
  }
  node.last_row = its.rows_seen;
}

void RowReader::SetPointed(std::size_t level, PointerTree::NodeId id, JsonType type, std::string_view text) {
  for (const std::uint32_t slot : levels_[level].pointers.At(id).slots) {
    Cell cell;
    cell.exact = true;
    cell.type = type;
    records_.Set(level, kFirstColumnSlot + slot, cell, text);
  }
}

bool RowReader::OpenInside(std::size_t level, PointerTree::NodeId id, JsonType type, std::size_t begin) {
  Arrive(level, id);
  if (levels_[level].pointers.At(id).nested) return OpenNested(level, type, begin);
  SetPointed(level, id, type, {});
  if (levels_[level].pointers.At(id).children.empty()) {
    ++skipped_;
  } else {
    PushFrame(Kind::kInside, type, level, id);
  }
  return true;
}

bool RowReader::ScalarInside(std::size_t level, PointerTree::NodeId id, JsonType type, std::string_view text,
                             JsonRange where) {
  Arrive(level, id);
  SetPointed(level, id, type, text);
  // Null is an upstream's way to say that there is none.
  if (type == JsonType::kNull) levels_[level].pointers.SeeBelow(id);
  if (type == JsonType::kNull && levels_[level].pointers.At(id).nested_below)
    levels_[level].nested_seen = true;
  return !levels_[level].pointers.At(id).nested || ScalarNested(level, type, where);
}

bool RowReader::OpenNested(std::size_t level, JsonType type, std::size_t begin) {
  DropNested(level);
  if (Takes(level + 1, type)) {
    OpenRows(level + 1, type);
  } else {
    SkipAndReject(Quoted(levels_[level].wants.nested) + " is " + std::string(Describe(type)) + ", expected " +
                      Expected(level + 1),
                  begin);
  }
  return true;
}

// Null is an upstream's way to say that there are none.
bool RowReader::ScalarNested(std::size_t level, JsonType type, JsonRange where) {
  DropNested(level);
  if (type == JsonType::kNull) return true;
  return sink_.RejectRow(RowReason::kNotAnObject,
                         Quoted(levels_[level].wants.nested) + " is " + std::string(Describe(type)) +
                             ", expected " + Expected(level + 1),
                         where);
}

// The rows inside the row at hand, if the key has been there before.
void RowReader::DropNested(std::size_t level) {
  levels_[level].nested_seen = true;
  records_.DropInside(level);
  std::erase_if(echoed_,
                [&](const Echoed& echoed) { return echoed.record >= records_.size(levels_.size() - 1); });
}

}  // namespace o2o

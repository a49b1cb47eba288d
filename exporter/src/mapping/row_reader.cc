// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "mapping/json_pointer.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

// What upstreams say instead of rows.
constexpr std::array<std::string_view, 6> kTopFields = {"status",  "error", "error_type",
                                                        "message", "cause", "_status"};

}  // namespace

RowReader::Level::Level(LevelWants level_wants)
    : wants(std::move(level_wants)), index(MakeIndex(wants, pointers)) {
  if (!wants.pivot.empty()) {
    if (Result<TextPattern> compiled = TextPattern::Compile(wants.pivot)) pivot = *std::move(compiled);
  }
  if (!IsJsonPointer(wants.nested)) {
    nested = wants.nested;
  } else if (const auto steps = PointerSteps(wants.nested); steps.size() == 1) {
    nested = steps[0];
  }
}

RowReader::RowReader(RowWants wants, RowEcho echo, RowSink& sink)
    : pointer_(std::move(wants.pointer)),
      echo_(std::move(echo)),
      sink_(sink),
      records_(wants.levels, wants.max_text_bytes) {
  for (LevelWants& level : wants.levels) {
    takes_arrays_ |= level.arrays || level.single;
    levels_.emplace_back(std::move(level));
  }
}

// Of a pointer the index knows the first step, and the tree the others.
ColumnIndex RowReader::MakeIndex(const LevelWants& wants, PointerTree& pointers) {
  std::vector<WantedName> names;
  for (std::uint32_t slot = 0; slot < wants.columns.size(); ++slot) {
    const std::string& column = wants.columns[slot];
    if (!IsJsonPointer(column)) {
      names.push_back({column, false, 0});
      continue;
    }
    const std::vector<std::string> steps = PointerSteps(column);
    const bool further = steps.size() > 1;
    names.push_back({steps[0], true, further ? pointers.Add(steps, slot, column == wants.nested) : 0});
  }
  return ColumnIndex(std::move(names));
}

void RowReader::BeginText() {
  first_text_ = false;
  found_ = false;
  missing_.clear();
  top_fields_.clear();
  clipper_ = RowClipper();
  for (Level& level : levels_) {
    level.rows_before = level.rows_seen;
    level.strays = 0;
  }
}

void RowReader::EndPiece() {
  if (!records_.empty()) {
    clipper_.EndPiece(&records_.At(0, 0).where.begin);
  } else {
    clipper_.EndPiece(reject_message_.empty() ? nullptr : &reject_begin_);
  }
}

std::string RowReader::Cut(JsonRange where, std::size_t max_bytes) const {
  if (lone_scalar_.empty()) return clipper_.Cut(where, max_bytes);
  return CutMasked(lone_scalar_, max_bytes);
}

Result<void> RowReader::CheckFound() const {
  if (found_) return {};
  return Fail(ErrorCode::kBadShape, missing_);
}

bool RowReader::IsBetweenRows() const {
  return skipped_ == 0 && !frames_.empty() && frames_.back().kind == Kind::kRows && !frames_.back().object;
}

// ---- events

bool RowReader::Key(std::string_view key) {
  if (echo_.active()) echo_.Key(key);
  if (skipped_ > 0) return true;
  if (frames_.size() == 1) {
    const auto field = std::find(kTopFields.begin(), kTopFields.end(), key);
    top_field_ = field == kTopFields.end() ? std::string_view() : *field;
  }
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath: return TakePathKey(frame, key);
    case Kind::kRows: return TakeMemberKey(frame.place, key);
    case Kind::kRow: TakeColumnKey(frame.place, key); break;
    case Kind::kInside: TakeInsideKey(frame, key); break;
    case Kind::kPairs:
    case Kind::kOther: break;
  }
  return true;
}

bool RowReader::Scalar(JsonType type, std::string_view text, JsonRange where) {
  if (takes_arrays_) TakeElementKey();
  if (echo_.active()) echo_.Scalar(type, text);
  if (skipped_ > 0) return true;
  if (frames_.empty()) return EnterScalar(0, type, text, where);
  if (frames_.size() == 1 && frames_.back().object) TakeTopField(type, text);
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath: return !IsNextStep(frame) || EnterScalar(frame.place + 1, type, text, where);
    case Kind::kRows:
    case Kind::kPairs:
      if (!frame.object) ++levels_[frame.place].position;
      return LoneScalarRow(frame.place, type, text, where);
    case Kind::kRow: return ScalarInRow(frame.place, type, text, where);
    case Kind::kInside:
      if (!frame.object) TakeInsideKey(frame, std::to_string(frame.elements++));
      return frame.child == PointerTree::kNone || ScalarInside(frame.place, frame.child, type, text, where);
    case Kind::kOther: return true;
  }
  return true;
}

bool RowReader::Open(JsonType type, std::size_t begin) {
  if (takes_arrays_) TakeElementKey();
  if (echo_.active()) echo_.Open(type);
  if (skipped_ > 0) {
    ++skipped_;
    return true;
  }
  if (frames_.empty()) return EnterValue(0, type, begin);
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath:
      if (IsNextStep(frame)) return EnterValue(frame.place + 1, type, begin);
      ++skipped_;
      return true;
    case Kind::kRows:
    case Kind::kPairs: return OpenElement(frame.place, type, begin);
    case Kind::kRow: return OpenInRow(frame.place, type, begin);
    case Kind::kInside:
      if (!frame.object) TakeInsideKey(frame, std::to_string(frame.elements++));
      if (frame.child != PointerTree::kNone) return OpenInside(frame.place, frame.child, type, begin);
      ++skipped_;
      return true;
    case Kind::kOther: ++skipped_; return true;
  }
  return true;
}

bool RowReader::Close(JsonType type, std::size_t end) {
  if (skipped_ > 0) {
    if (echo_.active()) echo_.Close(type);
    if (--skipped_ > 0 || reject_message_.empty()) return true;
    const std::string message = std::exchange(reject_message_, {});
    return sink_.RejectRow(RowReason::kNotAnObject, message, {reject_begin_, end});
  }
  if (frames_.back().kind == Kind::kRow) {
    const std::size_t level = frames_.back().place;
    frames_.pop_back();
    return CloseRow(level, end);
  }
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.kind == Kind::kInside) {
    if (echo_.active()) echo_.Close(type);
    // An array that ends early has no such element, which is nothing to miss.
    if (type == JsonType::kArray) levels_[frame.place].pointers.SeeBelow(frame.node);
  }
  const bool in_pairs = !frames_.empty() && frames_.back().kind == Kind::kPairs;
  if ((frame.kind == Kind::kRows && !in_pairs) || frame.kind == Kind::kPairs) CloseRows(frame.place, type);
  if (frame.kind == Kind::kPath && !frame.was_there) MissKey(frame);
  return true;
}

// Nothing so deep is read; the row that it is in cannot be trusted either.
bool RowReader::TooDeep(JsonRange) {
  if (takes_arrays_) TakeElementKey();
  if (echo_.active()) echo_.Scalar(JsonType::kNull, "null");
  if (frames_.empty()) return true;
  const Kind kind = frames_.back().kind;
  if (kind == Kind::kRow || kind == Kind::kInside) records_.Last(frames_.back().place).too_deep = true;
  return true;
}

void RowReader::PushFrame(Kind kind, JsonType type, std::size_t place, PointerTree::NodeId node) {
  Frame frame;
  frame.kind = kind;
  frame.object = type == JsonType::kObject;
  frame.place = place;
  frame.node = node;
  frames_.push_back(std::move(frame));
}

// ---- rows

// A container of rows, of the right type.
void RowReader::OpenRows(std::size_t level, JsonType type) {
  Level& its = levels_[level];
  its.members = false;
  its.position = 0;
  PushFrame(its.wants.pairs ? Kind::kPairs : Kind::kRows, type, level);
  if (type == JsonType::kObject) OpenMembers(level);
}

void RowReader::OpenMembers(std::size_t level) {
  levels_[level].members = true;
  levels_[level].keys = std::make_unique<SeriesTable>();
}

// A container that no configuration calls one of rows, and that holds none, most likely belongs to an error.
void RowReader::CloseRows(std::size_t level, JsonType type) {
  const Level& its = levels_[level];
  if (level > 0 || its.wants.scalars || its.rows_seen > its.rows_before || its.strays == 0) return;
  found_ = false;
  missing_ = Where(pointer_.size()) + " is " + std::string(Describe(type)) + " of which no " +
             (type == JsonType::kObject ? "member" : "element") + " is " + ExpectedRow(0) + ", expected " +
             Expected(0) + (its.wants.either ? " (of values if a metric asks for `$value`)" : "");
}

// Which of two rows of one key counts could only be the last, and what the first has given is part of sums by
// then: such an answer is refused.
bool RowReader::TakeMemberKey(std::size_t level, std::string_view key) {
  member_key_ = key;
  if (key.size() > SeriesTable::kMaxKeyBytes || levels_[level].keys->Insert(key, {}).second) return true;
  const std::string& nested = level == 0 ? std::string() : levels_[level - 1].wants.nested;
  error_ = Error{ErrorCode::kBadShape,
                 "the key " + Quoted(key) + " appears twice among the rows in " +
                     (level == 0 ? Where(pointer_.size()) : Quoted(nested)) +
                     ", so which of them counts is open: the upstream has to send each once"};
  return false;
}

// An element or a member.
bool RowReader::OpenElement(std::size_t level, JsonType type, std::size_t begin) {
  Level& its = levels_[level];
  const bool pair = frames_.back().kind == Kind::kPairs;
  if (!frames_.back().object) ++its.position;
  if (type == JsonType::kArray && (pair || !its.wants.arrays)) {
    ++its.strays;
    SkipAndReject("the row is an array, expected " + ExpectedRow(level), begin);
    return true;
  }
  if (!pair) return OpenRow(level, type, begin);
  PushFrame(Kind::kRows, type, level);
  OpenMembers(level);
  return true;
}

bool RowReader::OpenRow(std::size_t level, JsonType type, std::size_t begin) {
  PushFrame(Kind::kRow, type, level);
  if (Innermost(level)) echo_.Begin(levels_[level].members ? &member_key_ : nullptr);
  if (!StartRecord(level, {begin, begin})) return false;
  Cell cell;
  cell.type = type;
  if (levels_[level].wants.scalars) records_.Set(level, kValueSlot, cell, {});
  return true;
}

// Outside of all rows nothing is carried along, so that its beginning may be gone already.
bool RowReader::LoneScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  const std::string_view mark = type == JsonType::kString ? "\"" : "";
  if (records_.empty())
    lone_scalar_.append(mark).append(text.substr(0, RowClipper::kMaxCarriedBytes)).append(mark);
  const bool keep_reading = ScalarRow(level, type, text, where);
  lone_scalar_.clear();
  return keep_reading;
}

bool RowReader::ScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  const bool pair = !frames_.empty() && frames_.back().kind == Kind::kPairs;
  if (pair || !levels_[level].wants.scalars) {
    ++levels_[level].strays;
    return sink_.RejectRow(RowReason::kNotAnObject,
                           "the row is " + std::string(Describe(type)) + ", expected " + ExpectedRow(level),
                           where);
  }
  echo_.Begin(levels_[level].members ? &member_key_ : nullptr);
  if (echo_.active()) {
    echo_.Key("$value");
    echo_.Scalar(type, text);
  }
  if (!StartRecord(level, where)) return false;
  Cell cell;
  cell.type = type;
  records_.Set(level, kValueSlot, cell, text);
  return CloseRow(level, where.end);
}

bool RowReader::StartRecord(std::size_t level, JsonRange where) {
  Level& its = levels_[level];
  RowRecords::Record record;
  record.where = where;
  const bool fits = records_.Add(level, record);
  its.index.Rewind();
  ++its.rows_seen;
  Cell cell;
  cell.type = JsonType::kString;
  if (its.members) records_.Set(level, kKeySlot, cell, member_key_);
  if (its.wants.index) records_.Set(level, kIndexSlot, cell, std::to_string(its.position - 1));
  if (fits) return true;
  error_ = Error{ErrorCode::kTooLarge, "one row with those inside it takes more than " +
                                           std::to_string(RowRecords::kMaxBytes >> 20) + " MiB"};
  return false;
}

bool RowReader::CloseRow(std::size_t level, std::size_t end) {
  if (echo_.active() && echo_.End()) echoed_.push_back({records_.size(level) - 1, echo_.kept() - 1});
  records_.Last(level).where.end = end;
  return level > 0 || GiveRows();
}

bool RowReader::GiveRows() {
  if (!echoed_.empty()) EchoParents();
  bool keep_reading = true;
  const std::size_t rows = records_.size(levels_.size() - 1);
  for (std::size_t row = 0; keep_reading && row < rows; ++row)
    keep_reading = records_.At(levels_.size() - 1, row).dropped || sink_.TakeRow({records_, row});
  records_.Clear();
  return keep_reading;
}

// What the kept rows take from those around them, which was not all known while they were read.
void RowReader::EchoParents() {
  for (const Echoed& echoed : echoed_) {
    if (levels_.size() == 1) break;
    std::vector<std::size_t> rows{echoed.record};  // from the innermost level out
    for (std::size_t level = levels_.size() - 1; level > 0; --level)
      rows.push_back(records_.At(level, rows.back()).parent);
    echo_.BeginFront(echoed.kept);
    for (std::size_t level = 0; level + 1 < levels_.size(); ++level)
      EchoParent(level, rows[levels_.size() - 1 - level]);
    echo_.EndFront();
  }
  echoed_.clear();
}

void RowReader::EchoParent(std::size_t level, std::size_t row) {
  const std::vector<std::string>& columns = levels_[level].wants.columns;
  std::string up;
  for (std::size_t at = level; at + 1 < levels_.size(); ++at) up += "../";
  for (std::size_t slot = 0; slot < kFirstColumnSlot + columns.size(); ++slot) {
    const Cell& cell = records_.CellAt(level, row, slot);
    const bool is_scalar = cell.type != JsonType::kObject && cell.type != JsonType::kArray;
    if (slot == kValueSlot || !cell.present || !is_scalar || !echo_.active()) continue;
    echo_.Key(up + (slot == kKeySlot     ? "$key"
                    : slot == kIndexSlot ? "$index"
                                         : columns[slot - kFirstColumnSlot]));
    echo_.Scalar(cell.type, cell.type == JsonType::kNull ? std::string_view("null") : records_.Text(cell));
  }
}

void RowReader::SkipAndReject(std::string message, std::size_t begin) {
  reject_message_ = std::move(message);
  reject_begin_ = begin;
  ++skipped_;
}

// ---- columns

void RowReader::TakeColumnKey(std::size_t level, std::string_view key) {
  Level& its = levels_[level];
  column_ = &its.index.Find(key);
  const bool repeated = column_->last_row == its.rows_seen;
  if (repeated) ++duplicate_keys_;
  column_->last_row = its.rows_seen;
  if (its.pivot) TakePivotKey(its, key, repeated);
}

void RowReader::SetColumn(std::size_t level, JsonType type, std::string_view text) {
  for (const ColumnTarget target : column_->targets) {
    Cell cell;
    cell.column = column_->id;
    cell.exact = target.exact;
    cell.type = type;
    records_.Set(level, kFirstColumnSlot + target.slot, cell, text);
  }
}

bool RowReader::ScalarInRow(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  SetColumn(level, type, text);
  if (IsPivoted(levels_[level])) return ScalarPivoted(level, type, text, where);
  if (column_->branch != PointerTree::kNone) return ScalarInside(level, column_->branch, type, text, where);
  return !IsNested(levels_[level]) || ScalarNested(level, type, where);
}

}  // namespace o2o

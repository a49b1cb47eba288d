// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxCarriedBytes = 64u << 10;  // of a row that goes over pieces, for people
constexpr std::size_t kMaxTopFieldBytes = 1'024;
constexpr std::size_t kMaxShownNames = 10;

// What upstreams say in the place of rows.
constexpr std::array<std::string_view, 6> kTopFields = {"status",  "error", "error_type",
                                                        "message", "cause", "_status"};

}  // namespace

const Cell& RowView::At(std::size_t level, std::size_t slot) const {
  std::size_t row = row_;
  for (std::size_t at = reader_.levels_.size() - 1; at > level; --at)
    row = reader_.levels_[at].records[row].parent;
  const RowReader::Level& its = reader_.levels_[level];
  return its.cells[row * its.slots + slot];
}

std::string_view RowView::Text(const Cell& cell) const {
  return std::string_view(reader_.text_).substr(cell.begin, cell.size);
}

bool RowView::TooDeep() const {
  std::size_t row = row_;
  for (std::size_t at = reader_.levels_.size(); at-- > 0;) {
    const RowReader::Record& record = reader_.levels_[at].records[row];
    if (record.too_deep) return true;
    row = record.parent;
  }
  return false;
}

bool RowView::RepeatedKey() const {
  std::size_t row = row_;
  for (std::size_t at = reader_.levels_.size(); at-- > 0;) {
    const RowReader::Record& record = reader_.levels_[at].records[row];
    if (record.repeated_key) return true;
    row = record.parent;
  }
  return false;
}

JsonRange RowView::Where() const { return reader_.levels_.back().records[row_].where; }

RowReader::RowReader(RowWants wants, RowEcho echo, RowSink& sink)
    : pointer_(std::move(wants.pointer)),
      max_text_bytes_(wants.max_text_bytes),
      echo_(std::move(echo)),
      sink_(sink) {
  for (LevelWants& level : wants.levels) levels_.emplace_back(std::move(level));
}

void RowReader::BeginPiece(std::string_view piece) { piece_ = piece; }

void RowReader::EndPiece() {
  const bool in_row = !levels_[0].records.empty();
  if (in_row || !reject_message_.empty()) {
    const std::size_t begin = in_row ? levels_[0].records.front().where.begin : reject_begin_;
    if (begin >= piece_begin_) {
      carried_.clear();
      carried_begin_ = begin;
      piece_.remove_prefix(begin - piece_begin_);
    }
    carried_.append(piece_.substr(0, kMaxCarriedBytes - std::min(carried_.size(), kMaxCarriedBytes)));
    piece_begin_ = std::max(piece_begin_, begin);
  } else {
    carried_.clear();
  }
  piece_begin_ += piece_.size();
  piece_ = {};
}

std::string RowReader::Cut(JsonRange where, std::size_t max_bytes) const {
  const std::size_t size =
      std::min(where.end - where.begin, max_bytes + 4);  // a character cut here is cut off again
  std::string text;
  if (!lone_scalar_.empty()) {
    text = lone_scalar_.substr(0, size);
  } else if (where.begin >= piece_begin_) {
    text = piece_.substr(where.begin - piece_begin_, size);
  } else if (where.begin >= carried_begin_ && where.begin - carried_begin_ <= carried_.size()) {
    text = carried_.substr(where.begin - carried_begin_, size);
    const bool goes_on = carried_begin_ + carried_.size() == piece_begin_;
    if (goes_on) text += piece_.substr(0, size - text.size());
  }
  return CutUtf8(RepairUtf8(text), max_bytes);
}

Result<void> RowReader::CheckFound() const {
  if (found_) return {};
  return Fail(ErrorCode::kBadShape, missing_);
}

bool RowReader::IsBetweenRows() const {
  return skipped_ == 0 && !frames_.empty() && frames_.back().kind == Kind::kRows && !frames_.back().object;
}

bool RowReader::Key(std::string_view key) {
  if (echo_.active()) echo_.Key(key);
  if (skipped_ > 0) return true;
  if (frames_.size() == 1) {
    const auto field = std::find(kTopFields.begin(), kTopFields.end(), key);
    top_field_ = field == kTopFields.end() ? std::string_view() : *field;
  }
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath: TakePathKey(frame, key); break;
    case Kind::kRows: TakeMemberKey(frame.place, key); break;
    case Kind::kRow: {
      Level& level = levels_[frame.place];
      column_ = &level.index.Find(key);
      if (column_->last_row == level.rows_seen) ++duplicate_keys_;
      column_->last_row = level.rows_seen;
      break;
    }
    case Kind::kOther: break;
  }
  return true;
}

bool RowReader::Scalar(JsonType type, std::string_view text, JsonRange where) {
  if (echo_.active()) echo_.Scalar(type, text);
  if (skipped_ > 0) return true;
  if (frames_.empty()) {
    MissStep(0, Describe(type));
    return true;
  }
  if (frames_.size() == 1 && frames_.back().object) TakeTopField(type, text);
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath:
      if (IsNextStep(frame)) MissStep(frame.place + 1, Describe(type));
      return true;
    case Kind::kRows: {
      // Outside of all rows nothing is carried along, so that its beginning may be gone already.
      const std::string_view mark = type == JsonType::kString ? "\"" : "";
      if (levels_[0].records.empty())
        lone_scalar_.append(mark).append(text.substr(0, kMaxCarriedBytes)).append(mark);
      const bool go_on = ScalarRow(frame.place, type, text, where);
      lone_scalar_.clear();
      return go_on;
    }
    case Kind::kRow: return ScalarInRow(frame.place, type, text, where);
    case Kind::kOther: return true;
  }
  return true;
}

bool RowReader::Open(JsonType type, std::size_t begin) {
  if (echo_.active()) echo_.Open(type);
  if (skipped_ > 0) {
    ++skipped_;
    return true;
  }
  if (frames_.empty()) {
    EnterValue(0, type);
    return true;
  }
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case Kind::kPath:
      if (IsNextStep(frame)) {
        EnterValue(frame.place + 1, type);
      } else {
        ++skipped_;
      }
      return true;
    case Kind::kRows: return OpenRow(frame.place, type, begin);
    case Kind::kRow: return OpenInRow(frame.place, type, begin);
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
  if (frame.kind == Kind::kRows) CloseRows(frame.place);
  if (frame.kind == Kind::kPath && !frame.was_there) {
    const std::string& step = pointer_[frame.place];
    missing_ = "there is no " + Quoted(step) + " in " + Where(frame.place);
    const std::string nearest = NearestName(step, frame.names);
    if (!nearest.empty()) {
      missing_ += ", there is " + Quoted(nearest);
    } else if (!frame.names.empty()) {
      missing_ += ", there is";
      for (std::size_t i = 0; i < std::min(frame.names.size(), kMaxShownNames); ++i) {
        missing_ += (i == 0 ? " " : ", ") + Quoted(frame.names[i]);
      }
    }
  }
  return true;
}

// Of what is that deep there is nothing to be had; the row it is in is not to be trusted either.
bool RowReader::TooDeep(JsonRange) {
  if (echo_.active()) echo_.Scalar(JsonType::kNull, "null");
  if (!frames_.empty() && frames_.back().kind == Kind::kRow) {
    levels_[frames_.back().place].records.back().too_deep = true;
  }
  return true;
}

void RowReader::TakePathKey(Frame& frame, std::string_view key) {
  constexpr std::size_t kMaxNames = 100;
  frame.match = key == pointer_[frame.place];
  if (!frame.match) {
    if (frame.names.size() < kMaxNames && key.size() <= 256) frame.names.emplace_back(key);
  } else if (frame.was_there) {
    ++duplicate_keys_;
    Restart();
  }
}

// Whether the value that begins is the next step.
bool RowReader::IsNextStep(Frame& frame) {
  if (!frame.object) frame.match = std::to_string(frame.elements++) == pointer_[frame.place];
  frame.was_there |= frame.match;
  return frame.match;
}

// A container at the end of so many steps.
void RowReader::EnterValue(std::size_t step, JsonType type) {
  const bool object = type == JsonType::kObject;
  if (step < pointer_.size()) {
    Frame frame;
    frame.kind = Kind::kPath;
    frame.object = object;
    frame.place = step;
    frames_.push_back(std::move(frame));
  } else if (Takes(0, type)) {
    found_ = true;
    OpenRows(0, type);
  } else {
    MissStep(step, Describe(type));
    if (step > 0) {
      ++skipped_;
    } else {
      frames_.push_back({Kind::kOther, object, false, false, 0, 0, {}});
    }
  }
}

void RowReader::MissStep(std::size_t step, std::string_view found) {
  missing_ = Where(step) + " is " + std::string(found) + ", due is " +
             (step < pointer_.size() ? "an object with " + Quoted(pointer_[step]) : Due(0));
}

// Whether such a container can hold the rows of a level.
bool RowReader::Takes(std::size_t level, JsonType type) const {
  const LevelWants& wants = levels_[level].wants;
  return (wants.either && !wants.members) || (type == JsonType::kObject) == wants.members;
}

// A container of rows, of the right type.
bool RowReader::OpenRows(std::size_t level, JsonType type) {
  Frame frame;
  frame.kind = Kind::kRows;
  frame.object = type == JsonType::kObject;
  frame.place = level;
  frames_.push_back(std::move(frame));
  levels_[level].members = frames_.back().object;
  if (frames_.back().object) levels_[level].keys = std::make_unique<SeriesTable>();
  return true;
}

// An object that nobody has called one of rows, and that holds none, is most likely an error's.
void RowReader::CloseRows(std::size_t level) {
  const Level& its = levels_[level];
  if (level > 0 || !its.members || its.wants.members || its.rows_seen > 0 || its.strays == 0) return;
  found_ = false;
  missing_ = Where(pointer_.size()) + " is an object of which no member is an object, due is " + Due(0) +
             " (of values if a metric asks for `$value`)";
}

void RowReader::TakeMemberKey(std::size_t level, std::string_view key) {
  member_key_ = key;
  const std::string_view known = key.substr(0, SeriesTable::kMaxKeyBytes);
  member_key_repeated_ = !levels_[level].keys->Insert(known, {}).second;
  if (member_key_repeated_) ++duplicate_keys_;
}

bool RowReader::OpenRow(std::size_t level, JsonType type, std::size_t begin) {
  if (type != JsonType::kObject) {
    ++levels_[level].strays;
    SkipAndReject("the row is an array, due is an object", begin);
    return true;
  }
  Frame frame;
  frame.kind = Kind::kRow;
  frame.object = true;
  frame.place = level;
  frames_.push_back(std::move(frame));
  if (Innermost(level)) echo_.Begin(levels_[level].members ? &member_key_ : nullptr);
  if (!StartRecord(level, {begin, begin})) return false;
  Cell cell;
  cell.type = JsonType::kObject;
  if (levels_[level].members) SetCell(levels_[level], kValueSlot, cell, {});
  return true;
}

bool RowReader::ScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  if (!levels_[level].wants.scalars) {
    ++levels_[level].strays;
    return sink_.RejectRow(RowReason::kNotAnObject,
                           "the row is " + std::string(Describe(type)) + ", due is an object", where);
  }
  echo_.Begin(&member_key_);
  if (echo_.active()) {
    echo_.Key("$value");
    echo_.Scalar(type, text);
  }
  if (!StartRecord(level, where)) return false;
  Cell cell;
  cell.type = type;
  SetCell(levels_[level], kValueSlot, cell, text);
  return CloseRow(level, where.end);
}

bool RowReader::StartRecord(std::size_t level, JsonRange where) {
  Level& its = levels_[level];
  Record record;
  record.where = where;
  record.parent = level == 0 ? 0 : static_cast<std::uint32_t>(levels_[level - 1].records.size() - 1);
  record.repeated_key = its.members && member_key_repeated_;
  its.records.push_back(record);
  its.cells.resize(its.cells.size() + its.slots);
  its.index.Rewind();
  ++its.rows_seen;
  if (its.members) {
    Cell cell;
    cell.type = JsonType::kString;
    SetCell(its, kKeySlot, cell, member_key_);
  }
  if (text_.size() + its.cells.size() * sizeof(Cell) + its.records.size() * sizeof(Record) <=
      kMaxPendingBytes) {
    return true;
  }
  error_ = Error{ErrorCode::kTooLarge, "one row with those inside it takes more than " +
                                           std::to_string(kMaxPendingBytes >> 20) + " MiB"};
  return false;
}

bool RowReader::OpenInRow(std::size_t level, JsonType type, std::size_t begin) {
  Level& its = levels_[level];
  if (IsNested(its)) {
    DropNested(level);
    if (Takes(level + 1, type)) return OpenRows(level + 1, type);
    SkipAndReject(
        Quoted(its.wants.nested) + " is " + std::string(Describe(type)) + ", due is " + Due(level + 1),
        begin);
    return true;
  }
  for (const ColumnTarget target : column_->targets) {
    Cell cell;
    cell.column = column_->id;
    cell.exact = target.exact;
    cell.type = type;
    SetCell(its, kFirstColumnSlot + target.slot, cell, {});
  }
  ++skipped_;
  return true;
}

bool RowReader::ScalarInRow(std::size_t level, JsonType type, std::string_view text, JsonRange where) {
  Level& its = levels_[level];
  for (const ColumnTarget target : column_->targets) {
    Cell cell;
    cell.column = column_->id;
    cell.exact = target.exact;
    cell.type = type;
    SetCell(its, kFirstColumnSlot + target.slot, cell, text);
  }
  if (!IsNested(its)) return true;
  DropNested(level);
  // Null is an upstream's way to say that there are none.
  if (type == JsonType::kNull) return true;
  return sink_.RejectRow(
      RowReason::kNotAnObject,
      Quoted(its.wants.nested) + " is " + std::string(Describe(type)) + ", due is " + Due(level + 1), where);
}

// Of columns that both might be meant the one named as asked for, else the first; of equal keys the last.
void RowReader::SetCell(Level& level, std::size_t slot, Cell cell, std::string_view text) {
  Cell& old = level.cells[(level.records.size() - 1) * level.slots + slot];
  if (old.present && old.column != cell.column && (old.exact || !cell.exact)) return;
  cell.present = true;
  cell.cut = text.size() > max_text_bytes_;
  text = text.substr(0, max_text_bytes_);
  cell.begin = static_cast<std::uint32_t>(text_.size());
  cell.size = static_cast<std::uint32_t>(text.size());
  text_ += text;
  old = cell;
}

bool RowReader::IsNested(const Level& level) const {
  return !level.wants.nested.empty() && column_->name == level.wants.nested;
}

// The rows inside the row at hand, if the key has been there before.
void RowReader::DropNested(std::size_t level) {
  levels_[level].nested_seen = true;
  std::size_t parents = levels_[level].records.size() - 1;
  for (std::size_t at = level + 1; at < levels_.size(); ++at) {
    Level& its = levels_[at];
    while (!its.records.empty() && its.records.back().parent >= parents) its.records.pop_back();
    its.cells.resize(its.records.size() * its.slots);
    parents = its.records.size();
  }
  std::erase_if(echoed_,
                [&](const Echoed& echoed) { return echoed.record >= levels_.back().records.size(); });
}

bool RowReader::CloseRow(std::size_t level, std::size_t end) {
  if (echo_.active() && echo_.End()) echoed_.push_back({levels_[level].records.size() - 1, echo_.kept() - 1});
  levels_[level].records.back().where.end = end;
  return level > 0 || GiveRows();
}

bool RowReader::GiveRows() {
  EchoParents();
  bool go_on = true;
  for (std::size_t row = 0; go_on && row < levels_.back().records.size(); ++row)
    go_on = sink_.TakeRow({*this, row});
  for (Level& level : levels_) {
    level.records.clear();
    level.cells.clear();
  }
  text_.clear();
  return go_on;
}

// What the kept rows take from those around them, which was not all known while they were read.
void RowReader::EchoParents() {
  for (const Echoed& echoed : echoed_) {
    if (levels_.size() == 1) break;
    std::vector<std::size_t> rows{echoed.record};  // from the innermost level out
    for (std::size_t level = levels_.size() - 1; level > 0; --level)
      rows.push_back(levels_[level].records[rows.back()].parent);
    echo_.BeginFront(echoed.kept);
    for (std::size_t level = 0; level + 1 < levels_.size(); ++level)
      EchoParent(level, rows[levels_.size() - 1 - level]);
    echo_.EndFront();
  }
  echoed_.clear();
}

void RowReader::EchoParent(std::size_t level, std::size_t row) {
  const Level& its = levels_[level];
  std::string up;
  for (std::size_t at = level; at + 1 < levels_.size(); ++at) up += "../";
  for (std::size_t slot = 0; slot < its.slots; ++slot) {
    const Cell& cell = its.cells[row * its.slots + slot];
    const bool is_scalar = cell.type != JsonType::kObject && cell.type != JsonType::kArray;
    if (slot == kValueSlot || !cell.present || !is_scalar || !echo_.active()) continue;
    echo_.Key(up + (slot == kKeySlot ? "$key" : its.index.wanted()[slot - kFirstColumnSlot]));
    echo_.Scalar(cell.type, cell.type == JsonType::kNull
                                ? std::string_view("null")
                                : std::string_view(text_).substr(cell.begin, cell.size));
  }
}

void RowReader::SkipAndReject(std::string message, std::size_t begin) {
  reject_message_ = std::move(message);
  reject_begin_ = begin;
  ++skipped_;
}

void RowReader::TakeTopField(JsonType type, std::string_view text) {
  if (top_field_.empty() || type == JsonType::kNull) return;
  top_fields_[std::string(top_field_)] =
      CutUtf8(RepairUtf8(text.substr(0, kMaxTopFieldBytes + 4)), kMaxTopFieldBytes);
}

std::string RowReader::Where(std::size_t step) const {
  if (step == 0) return "the answer";
  std::string path;
  for (std::size_t i = 0; i < step; ++i) path += "/" + pointer_[i];
  return Quoted(path);
}

std::string RowReader::Due(std::size_t level) const {
  const LevelWants& wants = levels_[level].wants;
  if (wants.scalars) return "an object of values";
  if (wants.members) return "an object of rows";
  return wants.either ? "an array or an object of rows" : "an array of rows";
}

void RowReader::Restart() {
  found_ = false;
  missing_.clear();
  for (Level& level : levels_) {
    level.index.Clear();
    level.rows_seen = 0;
    level.strays = 0;
    level.nested_seen = false;
  }
  echo_.Clear();
  sink_.Restart();
}

}  // namespace o2o

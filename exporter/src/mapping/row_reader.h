// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/json_reader.h"
#include "mapping/column_index.h"
#include "mapping/row_echo.h"
#include "mapping/row_reason.h"
#include "metrics/series_table.h"

namespace o2o {

// What to read of the rows of one level: 0 are the outermost; the innermost are those that samples are made
// of.
struct LevelWants {
  std::vector<std::string> columns;  // slot kFirstColumnSlot and on
  bool members = false;              // the rows are members of an object, not elements of an array,
  bool either = false;               // or, unless `members` has to be, whichever the answer has
  bool scalars = false;              // members that are scalars are rows too
  std::string nested;                // the column that holds the rows of the next level; also among `columns`
};
inline constexpr std::size_t kKeySlot = 0;    // of a member, its key
inline constexpr std::size_t kValueSlot = 1;  // of a scalar member, its value
inline constexpr std::size_t kFirstColumnSlot = 2;

struct RowWants {
  std::vector<std::string> pointer;    // the steps to the outermost rows
  std::vector<LevelWants> levels;      // at least one
  std::size_t max_text_bytes = 1'024;  // kept of a value
};

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

class RowReader;

// One innermost row with those around it. Lives while it is being taken.
class RowView {
 public:
  RowView(const RowReader& reader, std::size_t row) : reader_(reader), row_(row) {}
  const Cell& At(std::size_t level, std::size_t slot) const;
  std::string_view Text(const Cell& cell) const;
  bool TooDeep() const;
  bool RepeatedKey() const;  // of a member: an earlier one of the same object had it too
  JsonRange Where() const;

 private:
  const RowReader& reader_;
  std::size_t row_;  // of the innermost level
};

// Takes rows in. false ends the reading; why is the sink's business.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual bool TakeRow(const RowView& row) = 0;
  virtual bool RejectRow(RowReason reason, const std::string& message, JsonRange where) = 0;
  // The rows so far were those of a key that has come again: forget them.
  virtual void Restart() = 0;
};

// Finds the rows in a JSON text and collects the wanted columns of each; of nested rows those of one
// outermost row at a time, since what stands around them may come behind them. The sink must outlive it.
class RowReader final : public JsonHandler {
 public:
  // Of one outermost row with those inside it.
  static constexpr std::size_t kMaxPendingBytes = 64u << 20;

  RowReader(RowWants wants, RowEcho echo, RowSink& sink);

  // Around each piece that the JsonStream is fed, so that rows can be cut out of it.
  void BeginPiece(std::string_view piece);
  void EndPiece();
  // A row as it came, cut at `max_bytes`; nothing where that is long gone.
  std::string Cut(JsonRange where, std::size_t max_bytes) const;

  // Why it ended the reading, if it was not the sink.
  const std::optional<Error>& error() const { return error_; }
  // Of a whole text: whether there were rows, with a message for people where not.
  Result<void> CheckFound() const;

  // In an array, where a comma or bracket is due behind a row.
  bool IsBetweenRows() const;
  // Behind a whole text that has rows.
  bool IsBehindRows() const { return found_ && frames_.empty(); }
  const std::map<std::string, std::string>& TopFields() const { return top_fields_; }

  std::size_t levels() const { return levels_.size(); }
  const ColumnIndex& Columns(std::size_t level) const { return levels_[level].index; }
  std::uint64_t RowsSeen(std::size_t level) const { return levels_[level].rows_seen; }  // no rejected ones
  bool NestedSeen(std::size_t level) const { return levels_[level].nested_seen; }
  std::uint64_t duplicate_keys() const { return duplicate_keys_; }
  RowEcho& echo() { return echo_; }

  bool Scalar(JsonType type, std::string_view text, JsonRange where) override;
  bool Key(std::string_view key) override;
  bool Open(JsonType type, std::size_t begin) override;
  bool Close(JsonType type, std::size_t end) override;
  bool TooDeep(JsonRange where) override;

 private:
  friend class RowView;

  // A row being read, or waiting for the one around it to end.
  struct Record {
    JsonRange where;
    std::uint32_t parent = 0;
    bool too_deep = false;
    bool repeated_key = false;
  };
  struct Level {
    explicit Level(LevelWants level_wants)
        : wants(std::move(level_wants)),
          index(wants.columns),
          slots(kFirstColumnSlot + wants.columns.size()) {}
    LevelWants wants;
    ColumnIndex index;
    std::size_t slots;
    std::vector<Record> records;
    std::vector<Cell> cells;  // of each record one for each slot
    std::uint64_t rows_seen = 0;
    std::uint64_t strays = 0;  // what stood among the rows and is none
    bool members = false;      // the rows at hand are members
    bool nested_seen = false;
    std::unique_ptr<SeriesTable> keys;  // of the members so far
  };
  enum class Kind : std::uint8_t { kPath, kRows, kRow, kOther };
  // A container that is open and not skipped.
  struct Frame {
    Kind kind = Kind::kOther;
    bool object = false;
    bool match = false;              // kPath: the value to come is the next step
    bool was_there = false;          // kPath: the next step has come
    std::size_t place = 0;           // kPath: the step; kRows, kRow: the level
    std::size_t elements = 0;        // kPath: of an array, so far
    std::vector<std::string> names;  // kPath: of an object, the first keys
  };

  void TakePathKey(Frame& frame, std::string_view key);
  bool IsNextStep(Frame& frame);
  void EnterValue(std::size_t step, JsonType type);
  void MissStep(std::size_t step, std::string_view found);
  bool Takes(std::size_t level, JsonType type) const;
  bool OpenRows(std::size_t level, JsonType type);
  void CloseRows(std::size_t level);
  bool OpenRow(std::size_t level, JsonType type, std::size_t begin);
  bool OpenInRow(std::size_t level, JsonType type, std::size_t begin);
  bool CloseRow(std::size_t level, std::size_t end);
  bool ScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool ScalarInRow(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool StartRecord(std::size_t level, JsonRange where);
  void TakeMemberKey(std::size_t level, std::string_view key);
  void SetCell(Level& level, std::size_t slot, Cell cell, std::string_view text);
  void DropNested(std::size_t level);
  bool GiveRows();
  void EchoParents();
  void EchoParent(std::size_t level, std::size_t row);
  bool IsNested(const Level& level) const;
  bool Innermost(std::size_t level) const { return level + 1 == levels_.size(); }
  void SkipAndReject(std::string message, std::size_t begin);
  void TakeTopField(JsonType type, std::string_view text);
  std::string Where(std::size_t step) const;
  std::string Due(std::size_t level) const;
  void Restart();

  const std::vector<std::string> pointer_;
  const std::size_t max_text_bytes_;
  RowEcho echo_;
  RowSink& sink_;
  std::optional<Error> error_;

  std::vector<Level> levels_;
  std::vector<Frame> frames_;
  std::size_t skipped_ = 0;     // containers inside one that is not looked into
  std::string reject_message_;  // of a row that is being skipped
  std::size_t reject_begin_ = 0;
  Column* column_ = nullptr;  // of the last key of the row at hand
  std::string member_key_;
  bool member_key_repeated_ = false;
  std::string text_;  // of the cells
  // The innermost rows at hand that the echo keeps.
  struct Echoed {
    std::size_t record = 0;
    std::size_t kept = 0;  // its place in the echo
  };
  std::vector<Echoed> echoed_;
  bool found_ = false;
  std::string missing_;  // why there are no rows
  std::uint64_t duplicate_keys_ = 0;

  std::map<std::string, std::string> top_fields_;
  std::string_view top_field_;  // of the last key of the answer; empty for one of no interest

  std::string_view piece_;
  std::size_t piece_begin_ = 0;
  std::string carried_;  // the row at hand, as far as it stood in earlier pieces
  std::size_t carried_begin_ = 0;
  std::string lone_scalar_;  // the row at hand, where it is one
};

}  // namespace o2o

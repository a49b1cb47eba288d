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
#include "base/text_pattern.h"
#include "json/json_reader.h"
#include "mapping/column_index.h"
#include "mapping/pointer_tree.h"
#include "mapping/row_clipper.h"
#include "mapping/row_echo.h"
#include "mapping/row_reason.h"
#include "mapping/row_records.h"
#include "mapping/row_wants.h"
#include "metrics/series_table.h"

namespace o2o {

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
// outermost row at a time, since the columns around them may follow them. The sink must outlive it.
class RowReader final : public JsonHandler {
 public:
  RowReader(RowWants wants, RowEcho echo, RowSink& sink);

  // Behind a whole text: what follows is the next one, whose rows count with those before.
  void BeginText();

  // Around each piece that the JsonStream is fed, so that rows can be cut out of it.
  void BeginPiece(std::string_view piece) { clipper_.BeginPiece(piece); }
  void EndPiece();
  // A row as it came, cut at `max_bytes`; nothing where that is long gone.
  std::string Cut(JsonRange where, std::size_t max_bytes) const;

  // Why it ended the reading, if it was not the sink.
  const std::optional<Error>& error() const { return error_; }
  // Of a whole text: whether there were rows, with a message for people where not.
  Result<void> CheckFound() const;

  // In an array, where a comma or bracket is expected behind a row.
  bool IsBetweenRows() const;
  // Behind a whole text that has rows.
  bool IsBehindRows() const { return found_ && frames_.empty(); }
  const std::map<std::string, std::string>& TopFields() const { return top_fields_; }

  std::size_t levels() const { return levels_.size(); }
  const ColumnIndex& Columns(std::size_t level) const { return levels_[level].index; }
  const PointerTree& Pointers(std::size_t level) const { return levels_[level].pointers; }
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
  struct Level {
    explicit Level(LevelWants level_wants);
    LevelWants wants;
    std::optional<TextPattern> pivot;
    std::string nested;    // the key of `wants.nested`; empty where that is further in
    PointerTree pointers;  // before `index`, which is made of both
    ColumnIndex index;
    std::uint64_t rows_seen = 0;
    std::uint64_t rows_before = 0;  // of them those of earlier texts
    std::uint64_t strays = 0;       // what appeared among the rows of this text and is not one
    bool members = false;           // the rows at hand are members
    bool nested_seen = false;
    std::size_t position = 0;           // of the element at hand, counted from 1
    std::unique_ptr<SeriesTable> keys;  // of the members so far
  };
  enum class Kind : std::uint8_t { kPath, kRows, kPairs, kRow, kInside, kOther };
  // A container that is open and not skipped.
  struct Frame {
    Kind kind = Kind::kOther;
    bool object = false;
    bool match = false;                              // kPath: the value to come is the next step
    bool was_there = false;                          // kPath: the next step has come
    PointerTree::NodeId node = PointerTree::kNone;   // kInside: which column, or what of it
    PointerTree::NodeId child = PointerTree::kNone;  // kInside: where the value to come leads on
    std::size_t place = 0;                           // kPath: the step; else the level
    std::size_t elements = 0;                        // of an array, so far
    std::vector<std::string> names;                  // kPath: of an object, the first keys
  };

  static ColumnIndex MakeIndex(const LevelWants& wants, PointerTree& pointers);
  void PushFrame(Kind kind, JsonType type, std::size_t place, PointerTree::NodeId node = PointerTree::kNone);
  bool TakePathKey(Frame& frame, std::string_view key);
  void TakeColumnKey(std::size_t level, std::string_view key);
  void TakePivotKey(Level& its, std::string_view key, bool repeated);
  bool IsPivoted(const Level& its) const { return its.pivot && column_->pivoted.value_or(false); }
  void TakeInsideKey(Frame& frame, std::string_view key);
  void TakeElementKey();
  bool IsNextStep(Frame& frame);
  bool EnterValue(std::size_t step, JsonType type, std::size_t begin);
  bool EnterScalar(std::size_t step, JsonType type, std::string_view text, JsonRange where);
  void MissStep(std::size_t step, std::string_view found);
  void MissKey(const Frame& frame);
  bool Takes(std::size_t level, JsonType type) const;
  void OpenRows(std::size_t level, JsonType type);
  void OpenMembers(std::size_t level);
  void CloseRows(std::size_t level, JsonType type);
  bool OpenElement(std::size_t level, JsonType type, std::size_t begin);
  bool OpenRow(std::size_t level, JsonType type, std::size_t begin);
  bool OpenInRow(std::size_t level, JsonType type, std::size_t begin);
  bool OpenInside(std::size_t level, PointerTree::NodeId node, JsonType type, std::size_t begin);
  bool OpenNested(std::size_t level, JsonType type, std::size_t begin);
  bool CloseRow(std::size_t level, std::size_t end);
  bool LoneScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool ScalarRow(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool ScalarInRow(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool ScalarPivoted(std::size_t level, JsonType type, std::string_view text, JsonRange where);
  bool ScalarInside(std::size_t level, PointerTree::NodeId node, JsonType type, std::string_view text,
                    JsonRange where);
  bool ScalarNested(std::size_t level, JsonType type, JsonRange where);
  bool StartRecord(std::size_t level, JsonRange where);
  bool TakeMemberKey(std::size_t level, std::string_view key);
  void SetColumn(std::size_t level, JsonType type, std::string_view text);
  void Arrive(std::size_t level, PointerTree::NodeId node);
  void SetPointed(std::size_t level, PointerTree::NodeId node, JsonType type, std::string_view text);
  void DropNested(std::size_t level);
  bool GiveRows();
  void EchoParents();
  void EchoParent(std::size_t level, std::size_t row);
  bool IsNested(const Level& level) const { return !level.nested.empty() && column_->name == level.nested; }
  bool Innermost(std::size_t level) const { return level + 1 == levels_.size(); }
  void SkipAndReject(std::string message, std::size_t begin);
  void TakeTopField(JsonType type, std::string_view text);
  std::string Where(std::size_t step) const;
  std::string Expected(std::size_t level) const;
  std::string ExpectedRow(std::size_t level) const;
  void Restart();

  const std::vector<std::string> pointer_;
  RowEcho echo_;
  RowSink& sink_;
  std::optional<Error> error_;

  std::vector<Level> levels_;
  RowRecords records_;
  bool takes_arrays_ = false;  // some level's rows may be arrays
  std::vector<Frame> frames_;
  std::size_t skipped_ = 0;     // containers inside one that is not looked into
  std::string reject_message_;  // of a row that is being skipped
  std::size_t reject_begin_ = 0;
  Column* column_ = nullptr;  // of the last key of the row at hand
  std::string member_key_;
  // The innermost rows at hand that the echo keeps.
  struct Echoed {
    std::size_t record = 0;
    std::size_t kept = 0;  // its place in the echo
  };
  std::vector<Echoed> echoed_;
  bool found_ = false;
  std::string missing_;  // why there are no rows
  bool first_text_ = true;
  std::uint64_t duplicate_keys_ = 0;

  std::map<std::string, std::string> top_fields_;
  std::string_view top_field_;  // of the last key of the answer; empty for one of no interest

  RowClipper clipper_;
  std::string lone_scalar_;  // the row at hand, where it is one
};

}  // namespace o2o

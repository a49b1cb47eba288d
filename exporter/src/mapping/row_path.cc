// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "base/text.h"
#include "mapping/row_reader.h"
#include "mapping/shown.h"

// RowReader on the way to the rows, and what it says where they are not.
namespace o2o {
namespace {

constexpr std::size_t kMaxTopFieldBytes = 1'024;
constexpr std::size_t kMaxShownNames = 10;

}  // namespace

// Of equal keys the last one wins; what earlier texts gave would be forgotten with the first.
bool RowReader::TakePathKey(Frame& frame, std::string_view key) {
  constexpr std::size_t kMaxNames = 100;
  frame.match = key == pointer_[frame.place];
  if (!frame.match) {
    if (frame.names.size() < kMaxNames && key.size() <= 256) frame.names.emplace_back(key);
  } else if (frame.was_there) {
    if (!first_text_) {
      error_ = Error{ErrorCode::kBadShape,
                     "the key " + Quoted(key) + " appears twice on the way to the rows, in " +
                         Where(frame.place) + ": of one page of several the upstream has to send each once"};
      return false;
    }
    ++duplicate_keys_;
    Restart();
  }
  return true;
}

// Whether the value that begins is the next step.
bool RowReader::IsNextStep(Frame& frame) {
  if (!frame.object) frame.match = std::to_string(frame.elements++) == pointer_[frame.place];
  frame.was_there |= frame.match;
  return frame.match;
}

// A container at the end of so many steps.
bool RowReader::EnterValue(std::size_t step, JsonType type, std::size_t begin) {
  if (step < pointer_.size()) {
    PushFrame(Kind::kPath, type, step);
  } else if (levels_[0].wants.single) {
    found_ = true;
    return OpenRow(0, type, begin);
  } else if (Takes(0, type)) {
    found_ = true;
    OpenRows(0, type);
  } else {
    MissStep(step, Describe(type));
    if (step > 0) {
      ++skipped_;
    } else {
      PushFrame(Kind::kOther, type, 0);
    }
  }
  return true;
}

bool RowReader::EnterScalar(std::size_t step, JsonType type, std::string_view text, JsonRange where) {
  const LevelWants& wants = levels_[0].wants;
  if (step < pointer_.size() || !wants.single || !wants.scalars) {
    MissStep(step, Describe(type));
    return true;
  }
  found_ = true;
  return LoneScalarRow(0, type, text, where);
}

void RowReader::MissStep(std::size_t step, std::string_view found) {
  missing_ = Where(step) + " is " + std::string(found) + ", expected " +
             (step < pointer_.size() ? "an object with " + Quoted(pointer_[step]) : Expected(0));
}

// Whether such a container can hold the rows of a level.
bool RowReader::Takes(std::size_t level, JsonType type) const {
  const LevelWants& wants = levels_[level].wants;
  const bool object = type == JsonType::kObject;
  if (wants.pairs || wants.index) return !object;
  if (wants.members) return object;
  return wants.either || !object;
}

// The next step is not in the container that has ended.
void RowReader::MissKey(const Frame& frame) {
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

std::string RowReader::Expected(std::size_t level) const {
  const LevelWants& wants = levels_[level].wants;
  if (wants.single) return wants.scalars ? "a value" : "an object or an array";
  if (wants.pairs) return "an array of objects of rows";
  const std::string what = wants.scalars ? "values" : "rows";
  if (wants.index) return "an array of " + what;
  if (wants.members) return "an object of " + what;
  return (wants.either ? "an array or an object of " : "an array of ") + what;
}

std::string RowReader::ExpectedRow(std::size_t level) const {
  return levels_[level].wants.arrays ? "an object or an array" : "an object";
}

void RowReader::Restart() {
  found_ = false;
  missing_.clear();
  for (Level& level : levels_) {
    level.index.Clear();
    level.pointers.Clear();
    level.rows_seen = 0;
    level.strays = 0;
    level.nested_seen = false;
  }
  echo_.Clear();
  sink_.Restart();
}

}  // namespace o2o

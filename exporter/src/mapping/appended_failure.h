// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_reader.h"
#include "mapping/mapping_plan.h"

namespace o2o {

// The object with which some versions of Metabase report, in an answer that is a list of rows, that the query
// failed halfway: behind the rows without a comma, or among them as the last, and there the answer ends.
class AppendedFailure {
 public:
  AppendedFailure();
  ~AppendedFailure();
  AppendedFailure(const AppendedFailure&) = delete;
  AppendedFailure& operator=(const AppendedFailure&) = delete;

  // A row has been read.
  void RowEnded(JsonRange row) { last_row_ = row; }
  // A piece of the text has been read, which begins there.
  void KeepTail(std::string_view piece, std::size_t piece_begin);

  // What follows the rows is that object: `text` is its beginning, or continues it. False where nothing
  // more of it is to come.
  bool Feed(std::string_view text);

  // The text from the last row on; where that row is followed by a comma or nothing, from behind it.
  std::string_view Tail(bool from_last_row) const;

  bool found() const { return object_ != nullptr; }
  const std::map<std::string, std::string>& fields() const;

 private:
  class Object;

  std::unique_ptr<Object> object_;
  JsonRange last_row_;          // that is complete
  std::string tail_;            // the text from there on
  std::size_t tail_begin_ = 0;  // where that is
};

// Whether the object `text`, which may be cut, is such a one and no row: not where its fields are `columns`
// that some metric reads, or those of the `first_row`, which is empty if there is none before it.
bool IsFailureAmongRows(std::string_view text, const std::vector<WantedColumn>& columns,
                        std::string_view first_row);

}  // namespace o2o

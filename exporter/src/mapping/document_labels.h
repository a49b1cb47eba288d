// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json_stream.h"
#include "mapping/row_reader.h"
#include "metrics/series_table.h"

namespace o2o {

// Reads single values of a document by JSON Pointer, as one row, wherever they stand in it.
class DocumentLabels final : public RowSink {
 public:
  DocumentLabels(std::vector<std::string> pointers, std::size_t max_label_bytes);

  Result<void> Feed(std::string_view piece) { return stream_.Feed(piece); }
  // The document has ended. Fails where a value is no label's text.
  Result<void> Finish();

  // Of those that the document does not have.
  const std::vector<std::string>& notes() const { return notes_; }

  // Whether series have a placeholder; and what all texts take in the place of them.
  static bool IsIn(const SeriesTable& table);
  std::size_t text_bytes() const;
  // The series with the texts in the place of their placeholders; the same table where there is none.
  std::shared_ptr<SeriesTable> Resolve(std::shared_ptr<SeriesTable> table) const;

  bool TakeRow(const RowView& row) override;
  bool RejectRow(RowReason, const std::string&, JsonRange) override { return true; }
  void Restart() override {}

 private:
  std::string ResolveKey(std::string_view key) const;

  const std::vector<std::string> pointers_;
  const std::size_t max_label_bytes_;
  std::vector<std::string> texts_;
  std::vector<std::string> notes_;
  std::optional<Error> error_;
  RowReader reader_;
  JsonStream stream_;
};

}  // namespace o2o

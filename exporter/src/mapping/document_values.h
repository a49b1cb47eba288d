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

namespace o2o {

struct DocumentValue {
  bool present = false;
  bool cut = false;  // the text is longer than what is kept of it
  JsonType type = JsonType::kNull;
  std::string text;
};

// Reads single values of a document by JSON Pointer, as one row, wherever they are in it.
class DocumentValues final : public RowSink {
 public:
  DocumentValues(std::vector<std::string> pointers, std::size_t max_text_bytes);

  Result<void> Feed(std::string_view piece) { return stream_->Feed(piece); }
  Result<void> Finish() { return stream_->Finish(); }
  // What follows is another document.
  void BeginDocument();

  // In the order of the pointers; complete after Finish().
  const std::vector<DocumentValue>& values() const { return values_; }

  bool TakeRow(const RowView& row) override;
  bool RejectRow(RowReason, const std::string&, JsonRange) override { return true; }
  void Restart() override {}

 private:
  const std::vector<std::string> pointers_;
  const std::size_t max_text_bytes_;
  std::vector<DocumentValue> values_;
  std::optional<RowReader> reader_;
  std::optional<JsonStream> stream_;
};

}  // namespace o2o

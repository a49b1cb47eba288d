// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json_reader.h"
#include "json/json_writer.h"
#include "metrics/snapshot.h"

namespace o2o {

// Writes the first rows of an answer down again as JSON that every reader takes: clean UTF-8, no NaN. Rows
// that are too long are left out.
class RowEcho {
 public:
  RowEcho(std::size_t max_rows, std::size_t max_row_bytes, std::size_t max_bytes)
      : max_rows_(max_rows), max_row_bytes_(max_row_bytes), max_bytes_(max_bytes) {}

  // Whether a row is being written: only then what follows is to be called.
  bool active() const { return active_; }

  // A row begins, if one is wanted still. `key`: where the row is a member of an object.
  void Begin(const std::string* key);
  // Whether the row is kept.
  bool End();

  void Key(std::string_view key);
  void Scalar(JsonType type, std::string_view text);
  void Open(JsonType type);
  void Close(JsonType type);

  std::size_t kept() const { return rows_.size(); }

  // What is written in between goes in front of a kept row, unless that makes it too long.
  void BeginFront(std::size_t kept);
  void EndFront();

  std::vector<std::string> TakeRows() { return std::move(rows_); }
  // The vendors that the kept rows name (mapping/vendor_codes).
  VendorCodes::Codes TakeVendorCodes() { return std::move(vendor_codes_); }
  void Clear();

 private:
  void BeginObject();
  void Bound();

  std::size_t max_rows_;
  std::size_t max_row_bytes_;
  std::size_t max_bytes_;
  std::vector<std::string> rows_;
  std::size_t bytes_ = 0;
  JsonWriter row_;
  std::size_t front_ = 0;      // the row whose front is being written
  std::size_t depth_ = 0;      // open containers inside the row
  bool names_vendor_ = false;  // the last key is that of a vendor's code
  std::vector<std::string> row_codes_;
  VendorCodes::Codes vendor_codes_;
  bool active_ = false;
};

}  // namespace o2o

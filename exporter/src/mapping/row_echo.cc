// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_echo.h"

#include <array>
#include <cstdio>

#include "base/text.h"
#include "mapping/vendor_codes.h"

namespace o2o {

void RowEcho::Begin(const std::string* key) {
  active_ = rows_.size() < max_rows_ && bytes_ < max_bytes_;
  if (!active_) return;
  row_ = "{";
  comma_ = false;
  depth_ = 0;
  row_codes_.clear();
  if (key != nullptr) {
    Key("$key");
    Scalar(JsonType::kString, *key);
  }
}

bool RowEcho::End() {
  row_ += '}';
  Bound();
  if (!active_) return false;
  active_ = false;
  bytes_ += row_.size();
  rows_.push_back(row_);
  vendor_codes_.insert(row_codes_.begin(), row_codes_.end());
  return true;
}

void RowEcho::BeginFront(std::size_t kept) {
  front_ = kept;
  row_ = "{";
  comma_ = false;
  active_ = true;
}

void RowEcho::EndFront() {
  if (!active_) return;
  std::string& row = rows_[front_];
  const std::size_t before = row.size();
  if (comma_ && row != "{}") row_ += ',';
  row_ += std::string_view(row).substr(1);
  active_ = false;
  if (row_.size() > max_row_bytes_ || bytes_ - before + row_.size() > max_bytes_) return;
  bytes_ += row_.size() - before;
  row = row_;
}

void RowEcho::Clear() {
  rows_.clear();
  vendor_codes_.clear();
  bytes_ = 0;
  active_ = false;
}

void RowEcho::Key(std::string_view key) {
  Comma();
  Quote(key);
  row_ += ':';
  comma_ = false;
  names_vendor_ = depth_ == 0 && IsVendorCode(key);
  Bound();
}

void RowEcho::Scalar(JsonType type, std::string_view text) {
  Comma();
  if (type == JsonType::kString) {
    Quote(text);
    if (names_vendor_ && !text.empty()) row_codes_.push_back(RepairUtf8(text));
  } else if (type == JsonType::kNumber && (text.back() < '0' || text.back() > '9')) {
    row_ += "null";  // NaN, Infinity
  } else {
    row_ += text;
    if (names_vendor_ && type != JsonType::kNull) row_codes_.emplace_back(text);
  }
  names_vendor_ = false;
  Bound();
}

void RowEcho::Open(JsonType type) {
  Comma();
  ++depth_;
  names_vendor_ = false;
  row_ += type == JsonType::kObject ? '{' : '[';
  comma_ = false;
  Bound();
}

void RowEcho::Close(JsonType type) {
  --depth_;
  row_ += type == JsonType::kObject ? '}' : ']';
  comma_ = true;
  Bound();
}

void RowEcho::Comma() {
  if (comma_) row_ += ',';
  comma_ = true;
}

void RowEcho::Quote(std::string_view text) {
  row_ += '"';
  for (const char c : RepairUtf8(text.substr(0, max_row_bytes_ + 1))) {
    if (c == '"' || c == '\\') {
      row_ += '\\';
      row_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      row_ += escape.data();
    } else {
      row_ += c;
    }
  }
  row_ += '"';
}

void RowEcho::Bound() {
  if (row_.size() > max_row_bytes_ || bytes_ + row_.size() > max_bytes_) active_ = false;
}

}  // namespace o2o

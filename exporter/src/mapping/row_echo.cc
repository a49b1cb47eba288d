// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_echo.h"

#include "base/ascii.h"
#include "base/text.h"
#include "mapping/vendor_codes.h"

namespace o2o {

void RowEcho::Begin(const std::string* key) {
  active_ = rows_.size() < max_rows_ && bytes_ < max_bytes_;
  if (!active_) return;
  BeginObject();
  if (key != nullptr) {
    Key("$key");
    Scalar(JsonType::kString, *key);
  }
}

bool RowEcho::End() {
  row_.EndObject();
  Bound();
  if (!active_) return false;
  active_ = false;
  bytes_ += row_.text().size();
  rows_.push_back(row_.text());
  vendor_codes_.insert(row_codes_.begin(), row_codes_.end());
  return true;
}

void RowEcho::BeginFront(std::size_t kept) {
  front_ = kept;
  BeginObject();
  active_ = true;
}

void RowEcho::EndFront() {
  if (!active_) return;
  active_ = false;
  constexpr std::string_view kEmpty = "{}";
  std::string& row = rows_[front_];
  std::string longer = row_.text();  // not closed: the row's members follow
  if (longer.size() > 1 && row != kEmpty) longer += ',';
  longer += std::string_view(row).substr(1);
  const std::size_t others = bytes_ - row.size();
  if (longer.size() > max_row_bytes_ || others + longer.size() > max_bytes_) return;
  bytes_ = others + longer.size();
  row = std::move(longer);
}

void RowEcho::Clear() {
  rows_.clear();
  vendor_codes_.clear();
  bytes_ = 0;
  active_ = false;
}

void RowEcho::BeginObject() {
  row_.Clear();
  row_.StartObject();
  depth_ = 0;
  names_vendor_ = false;
  row_codes_.clear();
}

void RowEcho::Key(std::string_view key) {
  row_.Key(key.substr(0, max_row_bytes_ + 1));
  names_vendor_ = depth_ == 0 && IsVendorCode(key);
  Bound();
}

void RowEcho::Scalar(JsonType type, std::string_view text) {
  const bool not_finite = type == JsonType::kNumber && !IsDigit(text.back());  // NaN, Infinity
  if (type == JsonType::kString) {
    row_.Text(text.substr(0, max_row_bytes_ + 1));
  } else if (not_finite) {
    row_.Null();
  } else {
    row_.Raw(text);
  }
  if (names_vendor_ && type != JsonType::kNull && !not_finite && !text.empty())
    row_codes_.push_back(RepairUtf8(text.substr(0, max_row_bytes_)));
  names_vendor_ = false;
  Bound();
}

void RowEcho::Open(JsonType type) {
  if (type == JsonType::kObject) {
    row_.StartObject();
  } else {
    row_.StartArray();
  }
  ++depth_;
  names_vendor_ = false;
  Bound();
}

void RowEcho::Close(JsonType type) {
  if (type == JsonType::kObject) {
    row_.EndObject();
  } else {
    row_.EndArray();
  }
  --depth_;
  Bound();
}

void RowEcho::Bound() {
  const std::size_t size = row_.text().size();
  if (size > max_row_bytes_ || bytes_ + size > max_bytes_) active_ = false;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/appended_failure.h"

#include <algorithm>

#include "json/json_fields.h"
#include "json/json_stream.h"
#include "mapping/row_reader.h"

namespace o2o {
namespace {

bool IsFailedQuery(const std::map<std::string, std::string>& fields) {
  const auto status = fields.find("status");
  const bool failed = status != fields.end() && status->second == "failed" && fields.contains("error");
  return failed || (fields.contains("_status") && fields.contains("cause"));
}

// Of the last row and what follows it: a failed query with its stack traces.
constexpr std::size_t kMaxTailBytes = 4u << 20;
constexpr std::size_t kMaxToken = 16u << 20;

}  // namespace

// Read as an answer that holds no rows.
class AppendedFailure::Object final : public RowSink {
 public:
  Object() : reader_(Wants(), RowEcho(0, 0, 0), *this), stream_(reader_, kMaxToken) {}
  bool Feed(std::string_view piece) { return stream_.Feed(piece).has_value(); }
  const std::map<std::string, std::string>& fields() const { return reader_.TopFields(); }

  bool TakeRow(const RowView&) override { return false; }
  bool RejectRow(RowReason, const std::string&, JsonRange) override { return false; }
  void Restart() override {}

 private:
  static RowWants Wants() {
    RowWants wants;
    wants.levels.resize(1);
    return wants;
  }

  RowReader reader_;
  JsonStream stream_;
};

AppendedFailure::AppendedFailure() = default;
AppendedFailure::~AppendedFailure() = default;

void AppendedFailure::KeepTail(std::string_view piece, std::size_t piece_begin) {
  if (last_row_.begin >= piece_begin && last_row_.end > 0) {
    tail_.clear();
    tail_begin_ = last_row_.begin;
    piece.remove_prefix(last_row_.begin - piece_begin);
  } else if (last_row_.begin > tail_begin_ && last_row_.begin - tail_begin_ <= tail_.size()) {
    tail_.erase(0, last_row_.begin - tail_begin_);
    tail_begin_ = last_row_.begin;
  }
  tail_.append(piece.substr(0, kMaxTailBytes - std::min(tail_.size(), kMaxTailBytes)));
}

bool AppendedFailure::Feed(std::string_view text) {
  if (!object_) object_ = std::make_unique<Object>();
  return object_->Feed(text);
}

std::string_view AppendedFailure::Tail(bool from_last_row) const {
  std::string_view text = tail_;
  if (!from_last_row)
    text.remove_prefix(std::min(text.size(), last_row_.end - std::min(last_row_.end, tail_begin_)));
  return text;
}

const std::map<std::string, std::string>& AppendedFailure::fields() const {
  static const std::map<std::string, std::string> kNone;
  return object_ ? object_->fields() : kNone;
}

bool IsFailureAmongRows(std::string_view text, const std::vector<WantedColumn>& columns,
                        std::string_view first_row) {
  const auto fields = ReadJsonFields(text);
  if (!IsFailedQuery(fields)) return false;
  for (const WantedColumn& column : columns) {
    if (column.name != "status" && column.name != "error" && fields.contains(column.name)) return false;
  }
  if (first_row.empty()) return true;
  const auto of_first_row = ReadJsonFields(first_row);
  return !of_first_row.contains("status") || !of_first_row.contains("error");
}

}  // namespace o2o

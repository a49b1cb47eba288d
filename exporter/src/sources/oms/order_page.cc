// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/order_page.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "json/json_reader.h"
#include "orders/order_limits.h"
#include "sources/oms/order_row.h"

namespace o2o {
namespace {

// A whole number of 0 or more, as a number or as digits in a string; 41.0 is one too.
std::optional<std::int64_t> ParseCount(JsonType type, std::string_view text) {
  if (type != JsonType::kNumber && type != JsonType::kString) return std::nullopt;
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos && point + 1 < text.size() &&
      text.find_first_not_of('0', point + 1) == std::string_view::npos) {
    text = text.substr(0, point);
  }
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) return std::nullopt;
  return count;
}

// How serialisers write a missing value: null, "", and PHP and Odoo false.
bool IsNothing(JsonType type, std::string_view text) {
  return type == JsonType::kNull || (type == JsonType::kString && Trim(text).empty()) ||
         (type == JsonType::kBool && text == "false");
}

// Label values must be clean and short, whatever the OMS sends.
std::string StatusName(std::string_view key) {
  if (key.empty()) return "unknown";
  return CutMasked(key, kMaxLabelBytes);
}

// A value for a message: a number as it is, a string quoted, any other by its kind.
std::string DescribeValue(JsonType type, std::string_view text) {
  if (type == JsonType::kNumber) return Excerpt(text);
  if (type == JsonType::kString) return "the string '" + Excerpt(text) + "'";
  return std::string(Describe(type));
}

constexpr std::size_t kUsualRowBytes = 250;

// Builds the page while the answer is read: one pass, no tree.
class PageBuilder final : public JsonHandler {
 public:
  PageBuilder(std::string_view body, const TimeZone& timezone, std::size_t max_rows,
              std::optional<Timestamp> oms_now)
      : body_(body), timezone_(timezone), max_rows_(max_rows) {
    page_.oms_now = oms_now;
    if (oms_now) row_now_ = *oms_now + kFutureTolerance;
    // Rows of fewer bytes make it grow; memory that no row needs is never touched.
    page_.orders.reserve(std::min(max_rows, body.size() / kUsualRowBytes));
  }

  Result<OrderPage> Build() {
    const Result<void> read = ReadJson(body_, *this);
    if (error_) return tl::unexpected<Error>(*error_);
    if (!read) return tl::unexpected<Error>(read.error());
    if (!data_seen_) return Fail(ErrorCode::kBadShape, "data: missing, expected an array of orders");
    if (data_is_null_ && page_.total.value_or(0) > 0) {
      return Fail(ErrorCode::kBadShape, "data: null, expected an array of the " +
                                            std::to_string(*page_.total) + " orders of total");
    }
    page_.body_bytes = body_.size();
    return std::move(page_);
  }

  bool Key(std::string_view key) override {
    if (skipped_levels_ > 0) return true;
    if (place_ == Place::kTop) {
      member_ = key == "data"           ? Member::kData
                : key == "statusCounts" ? Member::kCounts
                : key == "total"        ? Member::kTotal
                                        : Member::kOther;
    } else if (place_ == Place::kCounts) {
      status_ = StatusName(key);
    } else if (place_ == Place::kData) {
      // An array with holes, as PHP writes it, is an object with numbers for keys.
      const std::string_view digits = Trim(key);
      return (!digits.empty() && std::all_of(digits.begin(), digits.end(), IsDigit)) ||
             WrongShape("data: an object with '" + Excerpt(key) + "'", "an array of orders");
    } else if (place_ == Place::kRow) {
      field_ = row_.Find(key);
    }
    return true;
  }

  bool Scalar(JsonType type, std::string_view text, JsonRange where) override {
    if (skipped_levels_ > 0) return true;
    switch (place_) {
      case Place::kStart:
        return WrongShape("the answer is " + DescribeValue(type, text),
                          "an object with statusCounts and data");
      case Place::kTop: return TopScalar(type, text);
      case Place::kCounts: return Count(type, text);
      case Place::kData: return RejectWholeRow(type, where);
      case Place::kRow:
        if (field_ != nullptr) SetField(type, text);
        return true;
    }
    return true;
  }

  bool Open(JsonType type, std::size_t begin) override {
    if (skipped_levels_ > 0) return Skip();
    switch (place_) {
      case Place::kStart:
        if (type != JsonType::kObject)
          return WrongShape("the answer is an array", "an object with statusCounts and data");
        place_ = Place::kTop;
        return true;
      case Place::kTop: value_begin_ = begin; return OpenTop(type);
      case Place::kCounts:
        CountsFault("statusCounts." + status_ + ": " + std::string(Describe(type)), "a whole number");
        return Skip();
      case Place::kData:
        value_begin_ = row_begin_ = begin;
        row_too_deep_ = false;
        if (type != JsonType::kObject) return Skip();
        row_.Clear();
        field_ = nullptr;
        place_ = Place::kRow;
        return true;
      case Place::kRow: value_begin_ = begin; return Skip();
    }
    return true;
  }

  bool Close(JsonType type, std::size_t end) override {
    if (skipped_levels_ > 0) {
      if (--skipped_levels_ > 0) return true;
      if (place_ == Place::kTop) return CloseCounts({value_begin_, end});
      if (place_ == Place::kData) return RejectWholeRow(type, {row_begin_, end});
      if (place_ == Place::kRow && field_ != nullptr)
        SetField(type, body_.substr(value_begin_, end - value_begin_));
      return true;
    }
    if (place_ == Place::kRow) {
      place_ = Place::kData;
      return row_too_deep_ ? RejectDeepRow({row_begin_, end}) : FinishRow({row_begin_, end});
    }
    place_ = place_ == Place::kTop ? Place::kStart : Place::kTop;
    return true;
  }

  bool TooDeep(JsonRange) override {
    row_too_deep_ = true;
    return true;
  }

 private:
  enum class Place { kStart, kTop, kCounts, kData, kRow };
  enum class Member { kOther, kTotal, kCounts, kData };

  bool Skip() {
    ++skipped_levels_;
    return true;
  }

  bool OpenTop(JsonType type) {
    switch (member_) {
      case Member::kData:
        place_ = Place::kData;
        StartData();
        return true;
      case Member::kCounts:
        if (type != JsonType::kObject) return Skip();
        place_ = Place::kCounts;
        return true;
      case Member::kTotal:
      case Member::kOther: return Skip();
    }
    return true;
  }

  // An empty array where counts are expected means none, as does an empty object where the total is.
  bool CloseCounts(JsonRange where) {
    if (member_ != Member::kCounts && member_ != Member::kTotal) return true;
    const std::string_view text = body_.substr(where.begin, where.end - where.begin);
    if (Trim(text.substr(1, text.size() - 2)).empty()) return true;
    const JsonType type = text.starts_with('[') ? JsonType::kArray : JsonType::kObject;
    if (member_ == Member::kCounts) return CountsFault("statusCounts: an array", "an object of numbers");
    return CountsFault("total: " + std::string(Describe(type)), "a whole number");
  }

  // If `data` appears twice, the last one counts.
  void StartData() {
    data_seen_ = true;
    data_is_null_ = false;
    page_.orders.clear();
    page_.rejected.clear();
    page_.rejected_more.clear();
    kept_reasons_.clear();
    page_.rows = 0;
  }

  bool TopScalar(JsonType type, std::string_view text) {
    switch (member_) {
      case Member::kData:
        if (type != JsonType::kNull)
          return WrongShape("data: " + DescribeValue(type, text), "an array of orders");
        StartData();
        data_is_null_ = true;  // how Go writes an empty list
        return true;
      case Member::kCounts:
        return IsNothing(type, text) ||
               CountsFault("statusCounts: " + DescribeValue(type, text), "an object of numbers");
      case Member::kTotal:
        page_.total = ParseCount(type, text);
        return page_.total || IsNothing(type, text) ||
               CountsFault("total: " + DescribeValue(type, text), "a whole number");
      case Member::kOther: return true;
    }
    return true;
  }

  bool Count(JsonType type, std::string_view text) {
    const std::optional<std::int64_t> count = ParseCount(type, text);
    if (!count && !IsNothing(type, text))
      return CountsFault("statusCounts." + status_ + ": " + DescribeValue(type, text), "a whole number");
    if (page_.counts_trouble) return true;
    page_.status_counts[status_] = count.value_or(0);
    if (page_.status_counts.size() <= kMaxStatuses) return true;
    return DropCounts(
        {ErrorCode::kTooLarge, "statusCounts: more than " + std::to_string(kMaxStatuses) + " statuses"});
  }

  // The counts are optional: the orders are stored without them.
  bool CountsFault(const std::string& found, const std::string& expected) {
    return DropCounts({ErrorCode::kBadShape, found + ", expected " + expected});
  }

  bool DropCounts(Error error) {
    if (!page_.counts_trouble) page_.counts_trouble = std::move(error);
    page_.status_counts.clear();
    return true;
  }

  void SetField(JsonType type, std::string_view text) {
    field_->present = true;
    field_->type = type;
    field_->text.assign(text.substr(0, kMaxFieldBytes));
  }

  bool FinishRow(JsonRange where) {
    if (!CountRow()) return false;
    tl::expected<Order, RejectedRow> order = row_.ToOrder(timezone_, row_now_);
    if (order) {
      page_.orders.push_back(*std::move(order));
    } else {
      Keep(std::move(order.error()), where);
    }
    return true;
  }

  bool RejectWholeRow(JsonType type, JsonRange where) {
    if (!CountRow()) return false;
    const std::string_view text = body_.substr(where.begin, where.end - where.begin);
    Keep({RejectReason::kWrongType,
          "row: " + std::string(Describe(type)) + " where an object is expected: '" + Excerpt(text) + "'",
          {}},
         where);
    return true;
  }

  bool RejectDeepRow(JsonRange where) {
    if (!CountRow()) return false;
    Keep({RejectReason::kWrongType,
          "row: nested deeper than " + std::to_string(kMaxJsonDepth) + " levels",
          {}},
         where);
    return true;
  }

  void Keep(RejectedRow row, JsonRange where) {
    const bool first = kept_reasons_.insert(row.reason).second;
    if (!first && page_.rejected.size() >= kMaxKeptRejects) {
      ++page_.rejected_more[row.reason];
      return;
    }
    // A little more than is kept, so that a character cut here is removed again.
    const std::string_view text =
        body_.substr(where.begin, std::min(where.end - where.begin, kMaxPayloadBytes + 4));
    row.payload = CutUtf8(RepairUtf8(text), kMaxPayloadBytes);
    page_.rejected.push_back(std::move(row));
  }

  bool CountRow() {
    if (++page_.rows <= max_rows_) return true;
    return End(ErrorCode::kTooLarge, "data: more than " + std::to_string(max_rows_) +
                                         " rows: let the OMS honour `limit`, or raise max_limit");
  }

  bool WrongShape(const std::string& found, std::string_view expected) {
    return End(ErrorCode::kBadShape, found + ", expected " + std::string(expected));
  }

  bool End(ErrorCode code, std::string message) {
    error_ = Error{code, std::move(message)};
    return false;
  }

  const std::string_view body_;
  const TimeZone& timezone_;
  const std::size_t max_rows_;
  std::optional<Timestamp> row_now_;  // up to when a row may be dated
  OrderPage page_;
  std::set<RejectReason> kept_reasons_;
  std::optional<Error> error_;
  bool data_seen_ = false;
  bool data_is_null_ = false;
  Place place_ = Place::kStart;
  Member member_ = Member::kOther;
  int skipped_levels_ = 0;  // of containers inside one that is skipped or kept as text
  std::string status_;
  OrderRow row_;
  RowField* field_ = nullptr;
  bool row_too_deep_ = false;
  std::size_t row_begin_ = 0;
  std::size_t value_begin_ = 0;
};

}  // namespace

Result<OrderPage> ParseOrderPage(std::string body, const TimeZone& timezone, std::size_t max_rows,
                                 std::optional<Timestamp> oms_now) {
  return PageBuilder(body, timezone, max_rows, oms_now).Build();
}

}  // namespace o2o

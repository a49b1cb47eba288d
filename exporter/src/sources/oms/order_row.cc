// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/order_row.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/time_problem.h"
#include "base/time_text.h"
#include "orders/amount.h"

namespace o2o {

namespace {

// The next window begins at the newest order's time: one date of 1970 would make it decades long.
constexpr Timestamp kFirstTime = std::chrono::sys_days{std::chrono::year(2001) / 1 / 1};
constexpr Timestamp kBeyondTimes = std::chrono::sys_days{std::chrono::year(2201) / 1 / 1};

bool IsBlank(std::string_view text) { return Trim(text).empty(); }

// "[]" or "{ }", as PHP and others write an empty map, list or value.
bool IsEmptyContainer(const RowField& field) {
  if (field.type != JsonType::kArray && field.type != JsonType::kObject) return false;
  return IsBlank(std::string_view(field.text).substr(1, field.text.size() - 2));
}

bool IsInteger(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

// A JSON number as an integer: 1001.0 and 1.001e3 are 1001, since JSON has one kind of number, and pandas
// writes all of a column as doubles if one is missing. From 2^53 on a double has lost digits.
std::optional<std::string> WholeNumber(const std::string& number) {
  if (IsInteger(number)) return number;
  constexpr double kLostDigits = 9007199254740992.0;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  if (!(std::abs(value) < kLostDigits) || value != std::trunc(value)) return std::nullopt;
  return std::to_string(static_cast<std::int64_t>(value));
}

// Turns fields into values. The first fault stays in rejection(); values read after it are meaningless.
class FieldReader {
 public:
  const std::optional<RejectedRow>& rejection() const { return rejection_; }

  std::string Id(std::string_view name, const RowField& field) {
    if (IsAbsent(field)) return Reject(RejectReason::kMissingId, name, field.present ? "null" : "missing");
    if (!RequireType(name, field, {JsonType::kString, JsonType::kNumber})) return {};
    const std::optional<std::string> whole =
        field.type == JsonType::kNumber ? WholeNumber(field.text) : field.text;
    if (!whole) {
      return Reject(
          RejectReason::kBadId, name,
          "'" + Excerpt(field.text) + "' is not a whole number (with a point or an exponent: below 2^53)");
    }
    if (IsBlank(field.text)) return Reject(RejectReason::kMissingId, name, "blank");
    if (field.text.size() > kMaxOrderIdBytes) return TooLong(name, field.text, kMaxOrderIdBytes);
    if (!IsCleanUtf8(field.text)) {
      return Reject(RejectReason::kBadId, name,
                    "'" + Excerpt(field.text) + "' holds U+0000 or bytes that are not UTF-8");
    }
    return *whole;
  }

  std::string Status(std::string_view name, const RowField& field) {
    if (IsAbsent(field))
      return Reject(RejectReason::kMissingStatus, name, field.present ? "null" : "missing");
    if (!RequireType(name, field, {JsonType::kString})) return {};
    if (IsBlank(field.text)) return Reject(RejectReason::kMissingStatus, name, "blank");
    return Text(name, field.text, kMaxLabelBytes);
  }

  std::string Type(std::string_view name, const RowField& field) {
    if (IsNothing(field)) return std::string(kNoOrderType);
    if (!RequireType(name, field, {JsonType::kString})) return {};
    return IsBlank(field.text) ? std::string(kNoOrderType) : Text(name, field.text, kMaxLabelBytes);
  }

  std::optional<std::string> Amount(std::string_view name, const RowField& field) {
    if (IsNothing(field) || (field.type == JsonType::kString && IsBlank(field.text))) return std::nullopt;
    if (!RequireType(name, field, {JsonType::kString, JsonType::kNumber})) return std::nullopt;
    std::optional<std::string> amount = ParseAmount(field.text);
    if (!amount) {
      Reject(RejectReason::kBadAmount, name,
             "'" + Excerpt(field.text) + "' is not a decimal number of 0 or more with at most " +
                 std::to_string(kMaxAmountIntegerDigits) + " digits before the point and " +
                 std::to_string(kMaxAmountFractionDigits) + " after it");
    }
    return amount;
  }

  Timestamp Time(std::string_view name, const RowField& field, const TimeZone& timezone,
                 std::optional<Timestamp> now) {
    if (!field.present) return Reject(RejectReason::kBadTime, name, "missing"), Timestamp{};
    const bool scalar = field.type == JsonType::kString || field.type == JsonType::kNumber;
    const std::optional<Timestamp> time = scalar ? ParseTime(field.text, timezone, now) : std::nullopt;
    if (time && *time >= kFirstTime && *time < kBeyondTimes) return *time;
    Reject(RejectReason::kBadTime, name,
           "'" + Excerpt(field.text) + "' " +
               (time ? "is not in the years 2001 to 2200" : TimeProblem(field.text)));
    return {};
  }

  std::optional<std::string> OptionalText(std::string_view name, const RowField& field) {
    if (IsNothing(field)) return std::nullopt;
    if (!RequireType(name, field, {JsonType::kString, JsonType::kNumber})) return std::nullopt;
    const bool number = field.type == JsonType::kNumber;
    return Text(name, number ? WholeNumber(field.text).value_or(field.text) : field.text, kMaxTextBytes);
  }

  // As text, whatever its type: nothing depends on its shape, and an order is worth more than its details.
  std::optional<std::string> Detail(std::string_view name, const RowField& field) {
    if (IsAbsent(field)) return std::nullopt;
    return Text(name, field.text, kMaxItemDetailBytes);
  }

 private:
  static bool IsAbsent(const RowField& field) { return !field.present || field.type == JsonType::kNull; }

  // How serialisers write that an optional value is missing: null; PHP an empty array; Odoo and older PHP
  // false.
  static bool IsNothing(const RowField& field) {
    return IsAbsent(field) || IsEmptyContainer(field) ||
           (field.type == JsonType::kBool && field.text == "false");
  }

  bool RequireType(std::string_view name, const RowField& field, std::initializer_list<JsonType> expected) {
    if (std::find(expected.begin(), expected.end(), field.type) != expected.end()) return true;
    std::string wanted;
    for (const JsonType type : expected)
      wanted += (wanted.empty() ? "" : " or ") + std::string(Describe(type));
    Reject(RejectReason::kWrongType, name,
           std::string(Describe(field.type)) + " where " + wanted + " is expected: '" + Excerpt(field.text) +
               "'");
    return false;
  }

  std::string Text(std::string_view name, const std::string& text, std::size_t max_bytes) {
    if (text.size() > max_bytes) return TooLong(name, text, max_bytes);
    if (IsCleanUtf8(text)) return text;
    std::string repaired = RepairUtf8(text);
    if (repaired.size() > max_bytes) return TooLong(name, text, max_bytes);
    return repaired;
  }

  std::string TooLong(std::string_view name, std::string_view text, std::size_t max_bytes) {
    return Reject(RejectReason::kTooLong, name,
                  "longer than " + std::to_string(max_bytes) + " bytes: '" + Excerpt(text) + "'");
  }

  // Empty text, so that it can stand in for a value.
  std::string Reject(RejectReason reason, std::string_view name, const std::string& problem) {
    if (!rejection_) rejection_ = RejectedRow{reason, std::string(name) + ": " + problem, {}};
    return {};
  }

  std::optional<RejectedRow> rejection_;
};

}  // namespace

void OrderRow::Clear() {
  for (RowField* const field : {&order_id_, &status_, &order_type_, &total_amount_, &updated_at_,
                                &customer_id_, &customer_name_, &item_name_, &item_detail_}) {
    field->present = false;
  }
}

RowField* OrderRow::Find(std::string_view key) {
  if (key == "order_id") return &order_id_;
  if (key == "status") return &status_;
  if (key == "order_type") return &order_type_;
  if (key == "total_amount") return &total_amount_;
  if (key == "updated_at") return &updated_at_;
  if (key == "customer_id") return &customer_id_;
  if (key == "customer_name") return &customer_name_;
  if (key == "item_name") return &item_name_;
  if (key == "item_detail") return &item_detail_;
  return nullptr;
}

tl::expected<Order, RejectedRow> OrderRow::ToOrder(const TimeZone& timezone,
                                                   std::optional<Timestamp> now) const {
  FieldReader read;
  Order order;
  order.order_id = read.Id("order_id", order_id_);
  order.status = read.Status("status", status_);
  order.order_type = read.Type("order_type", order_type_);
  order.total_amount = read.Amount("total_amount", total_amount_);
  order.updated_at = read.Time("updated_at", updated_at_, timezone, now);
  order.customer_id = read.OptionalText("customer_id", customer_id_);
  order.customer_name = read.OptionalText("customer_name", customer_name_);
  order.item_name = read.OptionalText("item_name", item_name_);
  order.item_detail = read.Detail("item_detail", item_detail_);
  if (read.rejection()) return tl::unexpected<RejectedRow>(*read.rejection());
  return order;
}

}  // namespace o2o

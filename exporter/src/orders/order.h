// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

// What travels from the OMS to the store: plain values, no behaviour.
namespace o2o {

inline constexpr std::string_view kNoOrderType = "unknown";

// One order as the OMS showed it. Every text is valid UTF-8 without U+0000 and within the length
// that its column takes (orders/order_limits.h).
struct Order {
  std::string order_id;
  std::optional<std::string> customer_id;
  std::optional<std::string> customer_name;
  std::string status;
  std::string order_type;                   // kNoOrderType if the OMS gave none
  std::optional<std::string> total_amount;  // decimal text, never through a double
  Timestamp updated_at;
  std::optional<std::string> item_name;
  std::optional<std::string> item_detail;  // text, or the JSON text of an object or array

  bool operator==(const Order&) const = default;
};

// Why a row could not be stored: values of o2o_source_rejected_rows_total{reason} and of
// rejected_orders.reason.
enum class RejectReason { kMissingId, kBadId, kMissingStatus, kBadAmount, kBadTime, kTooLong, kWrongType };
std::string_view Name(RejectReason reason);
std::span<const RejectReason> AllRejectReasons();

struct RejectedRow {
  RejectReason reason;
  std::string detail;   // for people: "total_amount: 'abc' is not a decimal number ..."
  std::string payload;  // the row's JSON text as it came, cut to the ceiling, valid UTF-8, no U+0000
  bool operator==(const RejectedRow&) const = default;
};

// One answer of the OMS.
struct OrderPage {
  std::vector<Order> orders;
  std::vector<RejectedRow> rejected;                  // the first ones, and at least one for each reason
  std::map<RejectReason, std::size_t> rejected_more;  // rows rejected beyond these: counted only
  std::map<std::string, std::int64_t> status_counts;
  // What was wrong with status_counts or total; status_counts is empty then.
  std::optional<Error> counts_trouble;
  std::size_t rows = 0;               // rows in the answer, good and bad
  std::optional<std::int64_t> total;  // rows of the window, by the answer's own count
  std::optional<Timestamp> oms_now;   // the answer's Date header: the OMS's clock, whole seconds
  std::size_t body_bytes = 0;         // decoded
};

// What a status means. The list of statuses is in the usual sequence of an order: of two rows with the same
// updated_at, the one whose status is further down the list is the newer.
enum class Outcome { kOpen, kCompleted, kFailed };
std::string_view Name(Outcome outcome);

struct StatusRule {
  std::string status;
  Outcome outcome = Outcome::kOpen;
  std::optional<std::chrono::milliseconds> delayed_after;  // open statuses only; none: never delayed
  bool operator==(const StatusRule&) const = default;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "base/time_text.h"
#include "json/json_reader.h"
#include "orders/order.h"
#include "orders/order_limits.h"

namespace o2o {

// A value of a row as the OMS sent it.
struct RowField {
  bool present = false;
  JsonType type = JsonType::kNull;
  std::string text;  // JSON text if an object or array; at most kMaxFieldBytes
};

// One byte more than any column takes, so that an over-long value is still seen as one.
inline constexpr std::size_t kMaxFieldBytes = kMaxItemDetailBytes + 1;

// The fields of one row of the OMS's answer, collected in any order, then turned into an order. Reused for
// each row.
class OrderRow {
 public:
  void Clear();
  // Where the value of this key belongs; nullptr for keys that we do not know. Of equal keys the last wins.
  RowField* Find(std::string_view key);
  // The order, or why the row is rejected: without the payload, which the caller has. Of several faults the
  // first in the order of the members below is reported. `now`: the OMS's clock plus its tolerance, if known;
  // it decides between the two instants that a time without offset can mean when clocks are set back.
  [[nodiscard]] tl::expected<Order, RejectedRow> ToOrder(const TimeZone& timezone,
                                                         std::optional<Timestamp> now) const;

 private:
  RowField order_id_;
  RowField status_;
  RowField order_type_;
  RowField total_amount_;
  RowField updated_at_;
  RowField customer_id_;
  RowField customer_name_;
  RowField item_name_;
  RowField item_detail_;
};

}  // namespace o2o

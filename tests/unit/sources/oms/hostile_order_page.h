// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"
#include "orders/amount.h"
#include "orders/order_limits.h"
#include "sources/oms/order_page.h"

// What must hold for any bytes that the OMS answers with; for the damaged pages of the unit test and for
// libFuzzer.
namespace o2o::testing {

inline bool IsText(std::string_view text, std::size_t max_bytes) {
  return text.size() <= max_bytes && IsCleanUtf8(text);
}

inline bool IsTextOrNone(const std::optional<std::string>& text, std::size_t max_bytes) {
  return !text || IsText(*text, max_bytes);
}

// Empty if PostgreSQL and the metrics would take it.
inline std::string CheckOrder(const Order& order) {
  if (order.order_id.empty() || !IsText(order.order_id, kMaxOrderIdBytes)) return "order_id";
  if (order.status.empty() || !IsText(order.status, kMaxLabelBytes)) return "status";
  if (order.order_type.empty() || !IsText(order.order_type, kMaxLabelBytes)) return "order_type";
  if (!IsTextOrNone(order.customer_id, kMaxTextBytes)) return "customer_id";
  if (!IsTextOrNone(order.customer_name, kMaxTextBytes)) return "customer_name";
  if (!IsTextOrNone(order.item_name, kMaxTextBytes)) return "item_name";
  if (!IsTextOrNone(order.item_detail, kMaxItemDetailBytes)) return "item_detail";
  if (order.total_amount && ParseAmount(*order.total_amount) != order.total_amount) return "total_amount";
  return "";
}

// Empty if all of it holds.
inline std::string CheckHostilePage(std::string_view body) {
  constexpr std::size_t kMaxRows = 100;
  const Result<OrderPage> page = ParseOrderPage(std::string(body), {}, kMaxRows);
  if (!page) return IsCleanUtf8(page.error().message) ? "" : "an error that is not text";
  std::size_t rows = page->orders.size() + page->rejected.size();
  for (const auto& [reason, more] : page->rejected_more) rows += more;
  if (rows != page->rows) return "rows were not counted";
  if (page->rows > kMaxRows || page->status_counts.size() > kMaxStatuses) return "more than is taken";
  if (page->body_bytes != body.size()) return "body_bytes";
  for (const Order& order : page->orders) {
    const std::string fault = CheckOrder(order);
    if (!fault.empty()) return "an order with a bad " + fault;
  }
  for (const RejectedRow& row : page->rejected) {
    if (!IsText(row.payload, kMaxPayloadBytes) || row.detail.empty() || !IsCleanUtf8(row.detail))
      return "a rejected row that is not text";
  }
  for (const auto& [status, count] : page->status_counts) {
    if (status.empty() || !IsText(status, kMaxLabelBytes) || count < 0) return "a bad count of a status";
  }
  return "";
}

}  // namespace o2o::testing

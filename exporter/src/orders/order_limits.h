// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// What one row or page of the OMS may hold. A row beyond a limit is rejected and kept as such, not cut: half
// a customer's name or half a JSON text would be a wrong value that nobody notices.
namespace o2o {

// How far beyond the OMS's clock a time may lie: its Date header has whole seconds, and its machines' clocks
// differ.
inline constexpr std::chrono::seconds kFutureTolerance{60};
// A key of an index: PostgreSQL's B-tree takes 2700 bytes, and no order number known is longer than a UUID
// with a prefix.
inline constexpr std::size_t kMaxOrderIdBytes = 256;
// Status and order type become label values, hence short.
inline constexpr std::size_t kMaxLabelBytes = 64;
// Names and the customer's id. The longest postal names stay far below; a text of 4 KiB is a dump that hit
// the wrong field.
inline constexpr std::size_t kMaxTextBytes = 4u << 10;
// item_detail is a basket as JSON: some hundred bytes for each item.
inline constexpr std::size_t kMaxItemDetailBytes = 64u << 10;
// How much of a rejected row is kept, enough to see what was wrong with it.
inline constexpr std::size_t kMaxPayloadBytes = 64u << 10;
// total_amount. 15 digits before the point hold a country's yearly product in any currency: more is a broken
// number, and the sums stay exact in Prometheus' doubles. No currency or tax rate has more than 9 decimals.
inline constexpr std::size_t kMaxAmountIntegerDigits = 15;
inline constexpr std::size_t kMaxAmountFractionDigits = 9;
// The largest `limit` that the OMS is asked with, unless the configuration says otherwise: it bounds the rows
// held in memory.
inline constexpr std::int64_t kDefaultMaxLimit = 100'000;
// Rows of one answer, by the largest `limit` that is requested; a larger answer is refused, so that memory is
// bounded whatever an OMS sends. The slack is for an OMS that does not count exactly, for example one that
// adds all orders of the last second shown.
constexpr std::size_t MaxPageRows(std::int64_t max_limit) {
  return static_cast<std::size_t>(max_limit + max_limit / 10) + 1'000;
}
// Rejected rows of one answer that are kept with their payload, as many as rejected_orders holds by default:
// a row of two bytes takes about 300 when rejected. The others are only counted.
inline constexpr std::size_t kMaxKeptRejects = 10'000;
// How many unconfigured statuses, and how many order types, get series of their own; later ones count as
// `other`. register_order_labels in exporter/sql has the same ceiling.
inline constexpr std::size_t kMostToldApart = 100;
// Each status of statusCounts is a time series.
inline constexpr std::size_t kMaxStatuses = 1'000;

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mapping/row_mapper.h"
#include "mapping/row_reason.h"

namespace o2o {

// What rows of an answer were rejected for: counts by reason, and the first rows for people. A row counts
// once for each reason, however many metrics got nothing from it for that.
class RowFaults {
 public:
  explicit RowFaults(std::size_t max_kept) : max_kept_(max_kept) {}

  void BeginRow() { at_hand_ = {}; }
  void EndRow() {
    for (std::size_t i = 0; i < kRowReasons; ++i) rejected_[i] += at_hand_[i];
  }

  // Of the row at hand. `message` and `row` make texts, and are asked only if the row is kept.
  template <typename Message, typename Row>
  void Fault(RowReason reason, const Message& message, const Row& row) {
    at_hand_[static_cast<std::size_t>(reason)] = 1;
    Keep(reason, message, row);
  }
  // A row that gives no metric anything.
  template <typename Message, typename Row>
  void Reject(RowReason reason, const Message& message, const Row& row) {
    ++rejected_[static_cast<std::size_t>(reason)];
    Keep(reason, message, row);
  }

  // The row of that number has the labels of another, so that neither counts. False if that was known.
  bool MarkAmbiguous(std::size_t row);
  // Of a row that is not at hand any more.
  void RejectAmbiguous(std::size_t row);

  // Each reason with its count, in their order.
  std::vector<std::pair<std::string, std::uint64_t>> Counts() const;
  std::vector<RejectedRowSample> TakeKept() { return std::move(kept_); }
  void Clear();

 private:
  // The first ones, and at least one of each reason.
  template <typename Message, typename Row>
  void Keep(RowReason reason, const Message& message, const Row& row) {
    if (kept_.size() >= max_kept_ && (max_kept_ == 0 || IsKept(reason))) return;
    kept_.push_back({reason, message(), row()});
  }
  bool IsKept(RowReason reason) const {
    return std::any_of(kept_.begin(), kept_.end(), [&](const auto& row) { return row.reason == reason; });
  }

  const std::size_t max_kept_;
  std::array<std::uint64_t, kRowReasons> rejected_{};
  std::array<std::uint8_t, kRowReasons> at_hand_{};
  std::vector<RejectedRowSample> kept_;
  std::vector<bool> ambiguous_;  // by the rows' numbers
};

}  // namespace o2o

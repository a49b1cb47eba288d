// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_faults.h"

namespace o2o {

bool RowFaults::MarkAmbiguous(std::size_t row) {
  if (ambiguous_.size() <= row) ambiguous_.resize(row + 1);
  if (ambiguous_[row]) return false;
  ambiguous_[row] = true;
  return true;
}

void RowFaults::RejectAmbiguous(std::size_t row) {
  if (MarkAmbiguous(row)) ++rejected_[static_cast<std::size_t>(RowReason::kDuplicate)];
}

std::vector<std::pair<std::string, std::uint64_t>> RowFaults::Counts() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (std::size_t i = 0; i < kRowReasons; ++i)
    counts.emplace_back(Name(static_cast<RowReason>(i)), rejected_[i]);
  return counts;
}

void RowFaults::Clear() {
  rejected_ = {};
  at_hand_ = {};
  kept_.clear();
  ambiguous_.clear();
}

}  // namespace o2o

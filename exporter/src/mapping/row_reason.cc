// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_reason.h"

namespace o2o {

std::string_view Name(RowReason reason) {
  switch (reason) {
    case RowReason::kNotAnObject: return "not_an_object";
    case RowReason::kTooDeep: return "too_deep";
    case RowReason::kNoValue: return "no_value";
    case RowReason::kBadValue: return "bad_value";
    case RowReason::kBadLabel: return "bad_label";
    case RowReason::kDuplicate: return "duplicate";
  }
  return "bad_value";
}

std::vector<std::string> RowReasons() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kRowReasons; ++i) names.emplace_back(Name(static_cast<RowReason>(i)));
  return names;
}

std::string_view Name(RowRepair repair) {
  switch (repair) {
    case RowRepair::kDuplicateLabels: return "duplicate_labels";
    case RowRepair::kDuplicateKey: return "duplicate_key";
    case RowRepair::kText: return "text";
  }
  return "text";
}

std::vector<std::string> RowRepairs() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kRowRepairs; ++i) names.emplace_back(Name(static_cast<RowRepair>(i)));
  return names;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_reason.h"

#include "base/closed_set.h"

namespace o2o {
namespace {

constexpr std::string_view NameOf(RowReason reason) {
  switch (reason) {
    case RowReason::kNotAnObject: return "not_an_object";
    case RowReason::kTooDeep: return "too_deep";
    case RowReason::kNoValue: return "no_value";
    case RowReason::kBadValue: return "bad_value";
    case RowReason::kBadLabel: return "bad_label";
    case RowReason::kDuplicate: return "duplicate";
  }
  return "";
}

constexpr std::string_view NameOf(RowRepair repair) {
  switch (repair) {
    case RowRepair::kDuplicateLabels: return "duplicate_labels";
    case RowRepair::kDuplicateKey: return "duplicate_key";
    case RowRepair::kText: return "text";
  }
  return "";
}

constexpr auto kReasons = AllNamed<RowReason, NameOf>();
constexpr auto kRepairs = AllNamed<RowRepair, NameOf>();
static_assert(kReasons.size() == kRowReasons && kRepairs.size() == kRowRepairs);

template <typename Set>
std::vector<std::string> Names(const Set& set) {
  std::vector<std::string> names;
  for (const auto value : set) names.emplace_back(NameOf(value));
  return names;
}

}  // namespace

std::string_view Name(RowReason reason) { return NameOf(reason); }
std::string_view Name(RowRepair repair) { return NameOf(repair); }

std::vector<std::string> RowReasons() { return Names(kReasons); }
std::vector<std::string> RowRepairs() { return Names(kRepairs); }

}  // namespace o2o

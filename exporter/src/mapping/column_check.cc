// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_check.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "mapping/json_pointer.h"
#include "mapping/shown.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxShownColumns = 10;

// Columns, and what is nearest to each.
struct MissingColumn {
  std::string name;
  std::string nearest;
};

// What there is at all is said once for all of them.
std::string NotThere(const std::vector<MissingColumn>& missing, const std::vector<std::string>& names) {
  std::string near, far;
  std::size_t far_ones = 0;
  for (const auto& [name, nearest] : missing) {
    if (nearest.empty()) {
      far += (far_ones++ == 0 ? "" : ", ") + Quoted(name);
    } else {
      near += (near.empty() ? "column " : "; column ") + Quoted(name) + " not in the answer, there is " +
              Quoted(nearest);
    }
  }
  if (far_ones == 0) return near;
  std::string message = near + (near.empty() ? "" : "; ") + (far_ones > 1 ? "columns " : "column ") + far +
                        " not in the answer";
  for (std::size_t i = 0; i < std::min(names.size(), kMaxShownColumns); ++i) {
    message += (i == 0 ? ", there is " : ", ") + Quoted(names[i]);
  }
  return message + (names.size() > kMaxShownColumns ? " and more" : "");
}

// The same for the same columns, however many others come and go.
std::string AbsentNote(const WantedColumn& wanted, const std::vector<std::string>& names) {
  const std::string nearest = NearestName(wanted.name, names);
  return "column " + Quoted(wanted.name) + " not in the answer" +
         (nearest.empty() ? "" : ", there is " + Quoted(nearest)) +
         (wanted.has_default ? "; the metric's `null` is taken" : "; it counts as empty");
}

std::string LooseNote(const std::string& wanted, const std::vector<std::string>& loose) {
  return "column " + Quoted(wanted) + " not in the answer, there is " + Quoted(loose[0]) +
         ", which is taken" +
         (loose.size() > 1 ? " (before " + Quoted(loose[1]) + ", which is there too)" : "");
}

class Checker {
 public:
  Checker(const MappingPlan& plan, const RowReader& reader) : plan_(plan), reader_(reader) {}

  ColumnCheck Check() {
    for (std::size_t level = 0; level < reader_.levels(); ++level) {
      if (reader_.RowsSeen(level) == 0) continue;
      CheckLevel(level);
    }
    return std::move(check_);
  }

 private:
  void CheckLevel(std::size_t level) {
    const std::vector<std::string> names = ColumnNames(reader_, level);
    std::vector<MissingColumn> missing;
    const auto miss = [&](const std::string& name) {
      missing.push_back({name, NearestName(name, Candidates(level, name, names))});
    };
    for (const WantedColumn& wanted : plan_.columns) {
      if (wanted.slot.level == level && !IsThere(wanted, names) && wanted.required) miss(wanted.name);
    }
    const bool holds_rows = level + 1 < reader_.levels();
    const LevelWants& wants = plan_.wants.levels[level];
    if (holds_rows && !wants.pivot.empty() && !reader_.NestedSeen(level)) {
      missing.push_back({wants.pivot, ""});
    } else if (holds_rows && !reader_.NestedSeen(level))
      miss(plan_.wants.levels[level].nested);
    if (!missing.empty()) check_.missing += (check_.missing.empty() ? "" : "; ") + NotThere(missing, names);
  }

  // What a name can be meant to be: of a pointer also what lies beside its way.
  std::vector<std::string> Candidates(std::size_t level, const std::string& name,
                                      std::vector<std::string> names) const {
    if (!IsJsonPointer(name)) return names;
    for (std::string& column : names) column = PointerStep(column);
    const std::vector<std::string>& inside = reader_.Pointers(level).names();
    names.insert(names.begin(), inside.begin(), inside.end());
    return names;
  }

  // Notes what is to be said of a column that does without.
  bool IsThere(const WantedColumn& wanted, const std::vector<std::string>& names) {
    const auto slot = static_cast<std::uint32_t>(wanted.slot.slot - kFirstColumnSlot);
    std::vector<std::string> loose;
    for (const Column& column : reader_.Columns(wanted.slot.level).columns()) {
      for (const ColumnTarget target : column.targets) {
        if (target.slot != slot) continue;
        if (target.exact) return true;
        loose.push_back(RepairUtf8(column.name));
      }
    }
    if (reader_.Pointers(wanted.slot.level).IsSeen(slot)) return true;
    if (!loose.empty()) {
      check_.notes.push_back(LooseNote(wanted.name, loose));
      return true;
    }
    if (!wanted.required)
      check_.notes.push_back(AbsentNote(wanted, Candidates(wanted.slot.level, wanted.name, names)));
    return false;
  }

  const MappingPlan& plan_;
  const RowReader& reader_;
  ColumnCheck check_;
};

}  // namespace

ColumnCheck CheckColumns(const MappingPlan& plan, const RowReader& reader) {
  return Checker(plan, reader).Check();
}

std::vector<std::string> ColumnNames(const RowReader& reader, std::size_t level) {
  std::vector<std::string> names;
  for (const Column& column : reader.Columns(level).columns()) names.push_back(RepairUtf8(column.name));
  return names;
}

}  // namespace o2o

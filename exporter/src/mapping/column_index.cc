// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_index.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/ascii.h"
#include "base/edit_distance.h"

namespace o2o {
std::string LooseName(std::string_view name) {
  std::string loose = LowerCase(name);
  std::erase_if(loose, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '_'; });
  return loose;
}

std::string NearestName(std::string_view name, const std::vector<std::string>& names) {
  constexpr std::size_t kLongest = 64;  // of names that are compared
  const std::string loose = LooseName(name.substr(0, kLongest));
  std::string nearest;
  // Half of the letters may differ, or one name may hold the other: `code` and `Vendor Code`.
  std::size_t best = std::max<std::size_t>(2, loose.size() / 2) + 1;
  for (const std::string& candidate : names) {
    const std::string other = LooseName(std::string_view(candidate).substr(0, kLongest));
    std::size_t distance = EditDistance(loose, other);
    const bool holds = std::min(loose.size(), other.size()) >= 3 &&
                       (other.find(loose) != std::string::npos || loose.find(other) != std::string::npos);
    if (holds) distance = std::min<std::size_t>(distance, 2);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

ColumnIndex::ColumnIndex(std::vector<WantedName> wanted) : wanted_(std::move(wanted)) {
  other_.id = std::numeric_limits<std::uint32_t>::max();
  for (const WantedName& wanted_name : wanted_) loose_wanted_.push_back(LooseName(wanted_name.name));
}

void ColumnIndex::Clear() {
  columns_.clear();
  places_.clear();
  next_ = 0;
}

Column& ColumnIndex::Search(std::string_view key) {
  if (const auto found = places_.find(key); found != places_.end()) {
    next_ = found->second + 1;
    return columns_[found->second];
  }
  if (!IsWanted(key) && (columns_.size() >= kMaxColumns || key.size() > kMaxNameBytes)) {
    other_.last_row = 0;
    other_.pivoted.reset();
    return other_;
  }
  Column column;
  column.id = static_cast<std::uint32_t>(columns_.size());
  column.name = key;
  const std::string loose = LooseName(key);
  for (std::uint32_t slot = 0; slot < wanted_.size(); ++slot) {
    const WantedName& wanted = wanted_[slot];
    if (wanted.name == key && wanted.branch != 0) {
      column.branch = wanted.branch;
    } else if (wanted.name == key) {
      column.targets.push_back({slot, true});
    } else if (!wanted.exact_only && loose_wanted_[slot] == loose) {
      column.targets.push_back({slot, false});
    }
  }
  places_.emplace(column.name, columns_.size());
  columns_.push_back(std::move(column));
  next_ = columns_.size();
  return columns_.back();
}

bool ColumnIndex::IsWanted(std::string_view key) const {
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [key](const WantedName& wanted) { return wanted.name == key; });
}

}  // namespace o2o

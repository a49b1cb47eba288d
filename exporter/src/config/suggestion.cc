// SPDX-License-Identifier: Apache-2.0
#include "config/suggestion.h"

#include <algorithm>
#include <cstddef>

#include "base/edit_distance.h"

namespace o2o {
std::string Suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (known.empty()) return "no key is known here";
  const std::string* nearest = nullptr;
  std::size_t distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (word.size() > 2 * candidate.size() + 2) continue;  // also bounds the work for absurd keys
    if (const std::size_t d = EditDistance(word, candidate); d < distance) {
      distance = d;
      nearest = &candidate;
    }
  }
  if (nearest) return "did you mean " + *nearest + "?";
  std::string list;
  for (const std::string& candidate : known) list += (list.empty() ? "" : ", ") + candidate;
  return "known here: " + list;
}

}  // namespace o2o

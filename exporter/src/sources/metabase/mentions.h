// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace o2o {

// Whether an answer contains these words: often the only difference between two failures of Metabase.
inline bool Mentions(std::string_view answer, std::string_view words) {
  return answer.find(words) != std::string_view::npos;
}

}  // namespace o2o

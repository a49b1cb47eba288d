// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// For a word that nobody knows: "did you mean listen_address?", or what there is to choose from.
std::string Suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace o2o

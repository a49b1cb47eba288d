// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace o2o {

// Every value of an enum that counts from 0, in its order. `NameOf` is a switch over the enum that returns ""
// for anything else: the build's -Werror=switch refuses one that leaves a value without a name, so that the
// list, the names and whatever iterates them cannot drift apart.
template <typename E, std::string_view (*NameOf)(E)>
consteval auto AllNamed() {
  constexpr std::size_t kCount = [] {
    std::size_t count = 0;
    while (!NameOf(static_cast<E>(count)).empty()) ++count;
    return count;
  }();
  std::array<E, kCount> all{};
  for (std::size_t i = 0; i < kCount; ++i) all[i] = static_cast<E>(i);
  return all;
}

}  // namespace o2o

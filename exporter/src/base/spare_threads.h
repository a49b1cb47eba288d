// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace o2o {

// Whether this process may have `count` more threads: starts them all, with small stacks, and ends them. For
// what would be left half-started where its last thread is refused.
bool HasThreadsFor(std::size_t count);

}  // namespace o2o

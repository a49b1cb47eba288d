// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace o2o {

// The descriptors that this process has open, without the one that this takes to find out. Other threads may
// have closed them, and opened others of the same numbers, by the time it returns. Empty where /proc cannot
// be read.
std::vector<int> OpenDescriptors();

}  // namespace o2o

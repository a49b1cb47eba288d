// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "metrics/snapshot.h"

namespace o2o {

// process_*: what the kernel says of this process now, from /proc. A value that cannot be read is left out.
std::vector<Family> ReadProcessMetrics();

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "metrics/text_format.h"

namespace o2o {

// process_*: what the kernel says of this process now, from /proc, as exposition text; families sorted by
// name. A value that cannot be read is left out.
std::string ProcessText(ExpositionFormat format = ExpositionFormat::kText);

}  // namespace o2o

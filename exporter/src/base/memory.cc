// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <malloc.h>

namespace o2o {

void ReturnFreeMemory() { malloc_trim(0); }

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/freed_memory.h"

#include <malloc.h>

namespace o2o {

void ReturnFreedMemory() {
#ifdef __GLIBC__
  // glibc's default is 8 per processor. Polls and scrapes allocate little at a time when others do, so two
  // do.
  mallopt(M_ARENA_MAX, 2);
  // Fixed: by default both rise to tens of megabytes with the largest piece that was ever freed.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 256 << 10);
#endif
}

}  // namespace o2o

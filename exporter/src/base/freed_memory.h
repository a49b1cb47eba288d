// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace o2o {

// Makes malloc give freed memory back to the system instead of keeping it for the thread that freed it: polls
// need megabytes for a moment, and each thread that ever polled would keep its own (a reload starts new
// threads). Call before the first thread starts. Does nothing where the C library is not glibc.
void ReturnFreedMemory();

}  // namespace o2o

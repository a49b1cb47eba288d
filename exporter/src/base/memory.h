// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace o2o {

// Gives freed memory back to the system, which malloc by itself keeps for each thread that ever needed much.
// Takes milliseconds for a heap of 100 MB. Thread-safe.
void ReturnFreeMemory();

}  // namespace o2o

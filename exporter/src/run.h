// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flags.h"

namespace o2o {

// The program after its flags are read: loads the configuration, runs the command, returns the exit status.
int Run(const Flags& flags);

}  // namespace o2o

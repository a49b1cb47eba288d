// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

// Signals that are waited for instead of interrupting: blocked in the calling thread and in all threads that
// it starts from then on.
namespace o2o {

// SIGINT, SIGTERM and SIGHUP.
sigset_t BlockSignals();

// SIGHUP alone, before the configuration is loaded: it would end the process, and blocked it asks for a
// reload once there is something to reload.
void BlockHangup();

}  // namespace o2o

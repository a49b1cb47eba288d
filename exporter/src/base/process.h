// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// Settings that the process makes for itself before it does anything else.
namespace o2o {

// Opens what of stdin, stdout and stderr came closed, so that no socket or file ever gets their numbers.
// Reading and writing there fails from then on, as it did before.
void OccupyStandardDescriptors();

// Signals that end a process unless it says otherwise, and that mean nothing to this one (USR1, USR2, ALRM,
// PIPE, real-time signals, ...), are ignored.
void IgnoreStraySignals();

// Keeps a crash from leaving a core file, and other processes of this user from reading the memory: both hold
// keys and passwords.
void ForbidCoreDumps();

// Raises the limit of open descriptors as far as the process may. Returns what it is then.
std::uint64_t RaiseDescriptorLimit();

}  // namespace o2o

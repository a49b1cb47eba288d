// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace o2o {

// Ends the process with `status` where its end takes too long: less than the 5 s that we promise, whatever an
// upstream, the database or a client does. An open transaction is rolled back by the database. Shortly
// before, `message` is logged: as a warning where the status is 0, else as an error. Lives as long as the
// program.
void StartWatchdog(int status, const char* message) noexcept;

}  // namespace o2o

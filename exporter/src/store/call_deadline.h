// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"

namespace o2o {

// Ends a blocking call on a socket at its deadline by shutting the socket down. PostgreSQL's own time limits
// need a server that is able to act on them; one that hangs behind a healthy TCP connection would hold libpq
// for ever. Arm and Disarm come from one thread.
class CallDeadline {
 public:
  CallDeadline();

  // From now until Disarm(): at `at`, `socket` is shut down. The socket stays open at least until Disarm().
  void Arm(int socket, MonotonicTime at);
  // Whether the deadline struck since Arm().
  bool Disarm();

 private:
  void Watch(std::stop_token stop);

  struct Watched {
    int socket;
    MonotonicTime at;
    bool struck = false;
  };
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Watched> watched_;  // guarded by mutex_
  std::jthread thread_;             // last: uses all of the above
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "blocked_signals.h"

#include <initializer_list>

namespace o2o {
namespace {

sigset_t Block(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

}  // namespace

sigset_t BlockSignals() { return Block({SIGINT, SIGTERM, SIGHUP}); }

void BlockHangup() { Block({SIGHUP}); }

}  // namespace o2o

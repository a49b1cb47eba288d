// SPDX-License-Identifier: Apache-2.0
#include "watchdog.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/log.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeadline = 4500ms;
// The message comes so much earlier, so that it gets out.
constexpr auto kMessageLead = 200ms;

std::atomic<int> g_exit_status{0};

void ExitAtOnce(int) noexcept { _exit(g_exit_status.load(std::memory_order_relaxed)); }

}  // namespace

// A timer of the kernel ends the process: that needs no thread, lock, memory or output.
void StartWatchdog(int status, const char* message) noexcept {
  g_exit_status = status;
  signal(SIGALRM, ExitAtOnce);
  constexpr auto kMicros = std::chrono::duration_cast<std::chrono::microseconds>(kDeadline).count();
  const itimerval once{{0, 0}, {kMicros / 1'000'000, kMicros % 1'000'000}};
  setitimer(ITIMER_REAL, &once, nullptr);
  try {
    std::thread([status, message] {
      std::this_thread::sleep_for(kDeadline - kMessageLead);
      if (status == 0) {
        log::Warn(message);
      } else {
        log::Error(message);
      }
    }).detach();
  } catch (...) {
    // No thread, or no memory, to log it with.
  }
}

}  // namespace o2o

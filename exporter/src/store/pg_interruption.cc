// SPDX-License-Identifier: Apache-2.0
#include "store/pg_interruption.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace o2o {
namespace {

// A healthy server commits a page within it, so that a stop or reload does not waste a poll.
constexpr std::chrono::milliseconds kGrace{500};

int MakeDescriptor() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

PgInterruption::PgInterruption() : descriptor_(MakeDescriptor()) {}
PgInterruption::~PgInterruption() { ::close(descriptor_); }

void PgInterruption::Raise() noexcept {
  MonotonicTime::rep never = MonotonicTime::max().time_since_epoch().count();
  const MonotonicTime until = std::chrono::steady_clock::now() + kGrace;
  if (until_.compare_exchange_strong(never, until.time_since_epoch().count())) {
    ::eventfd_write(descriptor_, 1);
  }
}

}  // namespace o2o

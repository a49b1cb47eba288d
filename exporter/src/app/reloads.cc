// SPDX-License-Identifier: Apache-2.0
#include "app/reloads.h"

#include <utility>

namespace o2o {
namespace {

constexpr Millis kPause{100};

}  // namespace

Reloads::Reloads(std::function<bool()> reload)
    : reload_(std::move(reload)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Reloads::~Reloads() { Stop(); }

void Reloads::Stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  ended_changed_.notify_all();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Reloads::Ask() noexcept {
  {
    const MutexLock lock(mutex_);
    ++asked_;
  }
  asked_changed_.notify_one();
}

ReloadAnswer Reloads::AskAndWait(Millis at_most) {
  MutexLock lock(mutex_);
  if (waited_for_) return ReloadAnswer::kBusy;
  waited_for_ = true;
  const std::uint64_t mine = ++asked_;
  asked_changed_.notify_one();
  const bool ended = ended_changed_.wait_for(
      lock, at_most, [&]() O2O_REQUIRES(mutex_) { return stopped_ || ended_ >= mine; });
  waited_for_ = false;
  if (!ended || ended_ < mine) return ReloadAnswer::kRunning;
  return last_good_ ? ReloadAnswer::kDone : ReloadAnswer::kFailed;
}

void Reloads::Run(const std::stop_token& stop) noexcept {
  MutexLock lock(mutex_);
  while (asked_changed_.wait(lock, stop, [this]() O2O_REQUIRES(mutex_) { return asked_ > ended_; })) {
    if (stop.stop_requested()) return;
    const std::uint64_t asked = asked_;
    lock.unlock();
    const bool good = reload_();
    lock.lock();
    ended_ = asked;
    last_good_ = good;
    ended_changed_.notify_all();
    asked_changed_.wait_for(lock, stop, kPause, [] { return false; });
  }
}

}  // namespace o2o

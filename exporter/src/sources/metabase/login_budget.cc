// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/login_budget.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"

namespace o2o {
namespace {

// When fewer than `most` of `times` (oldest first) still count; `now` at the earliest.
MonotonicTime RoomAmong(const std::vector<MonotonicTime>& times, std::size_t most, MonotonicTime now) {
  return times.size() < most ? now : std::max(now, times[times.size() - most] + LoginBudget::kCountedFor);
}

}  // namespace

std::optional<LoginBudget::Ticket> LoginBudget::Reserve(const std::string& user, bool repeated,
                                                        MonotonicTime now) {
  const MutexLock lock(mutex_);
  Forget(now);
  const std::string lower = LowerCase(user);
  if (RoomFor(lower, repeated, now) > now) return std::nullopt;
  attempts_.push_back({++last_ticket_, lower, now});
  return Ticket(*this, last_ticket_);
}

void LoginBudget::Release(std::uint64_t ticket) noexcept {
  const MutexLock lock(mutex_);
  std::erase_if(attempts_, [&](const Attempt& attempt) { return attempt.ticket == ticket; });
}

MonotonicTime LoginBudget::RoomAt(const std::string& user, bool repeated, MonotonicTime now) const {
  const MutexLock lock(mutex_);
  return RoomFor(LowerCase(user), repeated, now);
}

void LoginBudget::LockUser(const std::string& user, MonotonicTime until) {
  const MutexLock lock(mutex_);
  locks_[LowerCase(user)] = until;
}

void LoginBudget::LockHost(MonotonicTime until) {
  const MutexLock lock(mutex_);
  host_lock_ = until;
}

MonotonicTime LoginBudget::RoomFor(const std::string& lower_user, bool repeated, MonotonicTime now) const {
  std::vector<MonotonicTime> all;
  std::vector<MonotonicTime> of_user;
  for (const Attempt& attempt : attempts_) {
    all.push_back(attempt.at);
    if (attempt.user == lower_user) of_user.push_back(attempt.at);
  }
  MonotonicTime room = std::max(RoomAmong(all, kMostOfHost, now),
                                RoomAmong(of_user, repeated ? kMostRepeated : kMostOfUser, now));
  if (const auto lock = locks_.find(lower_user); lock != locks_.end()) room = std::max(room, lock->second);
  return host_lock_ ? std::max(room, *host_lock_) : room;
}

void LoginBudget::Forget(MonotonicTime now) {
  std::erase_if(attempts_, [&](const Attempt& attempt) { return now - attempt.at >= kCountedFor; });
  std::erase_if(locks_, [&](const auto& lock) { return lock.second <= now; });
}

}  // namespace o2o

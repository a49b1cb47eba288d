// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace o2o {

// Limits how many logins to one host may fail within an hour, whatever their passwords, so that Metabase does
// not lock anybody out: it allows 10 failed logins an hour per user and 50 per address, and counts the
// attempts that it refuses for that reason too. We allow 5 per user, of which 2 are reserved for credentials
// that were not refused yet (corrected ones, after a reload), and 20 in total, which leaves room for a second
// exporter and for people. User names are compared without regard to case. Thread-safe.
class LoginBudget {
 public:
  // How long an attempt counts: an hour by Metabase's clock, so a little longer by ours.
  static constexpr std::chrono::minutes kCountedFor{61};
  static constexpr std::size_t kMostRepeated = 3;
  static constexpr std::size_t kMostOfUser = 5;
  static constexpr std::size_t kMostOfHost = 20;

  // An attempt within the budget. Released when the ticket is destroyed, unless Metabase may have counted it.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), number_(other.number_), counted_(other.counted_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (budget_ != nullptr && !counted_) budget_->Release(number_);
    }

    // Whether Metabase has counted it as failed, or may have.
    void SetCounted(bool counted) { counted_ = counted; }

   private:
    friend class LoginBudget;
    Ticket(LoginBudget& budget, std::uint64_t number) : budget_(&budget), number_(number) {}

    LoginBudget* budget_;
    std::uint64_t number_;
    bool counted_ = false;
  };

  // Nothing if the budget is used up. `repeated`: with credentials that were refused within the hour. The
  // budget must outlive the ticket.
  [[nodiscard]] std::optional<Ticket> Reserve(const std::string& user, bool repeated, MonotonicTime now);

  // When the next attempt is allowed if none comes before it; `now` at the earliest.
  MonotonicTime RoomAt(const std::string& user, bool repeated, MonotonicTime now) const;

  // Metabase reports that it has locked out the user, or everybody at this address.
  void LockUser(const std::string& user, MonotonicTime until);
  void LockHost(MonotonicTime until);

 private:
  struct Attempt {
    std::uint64_t ticket;
    std::string user;
    MonotonicTime at;
  };

  void Release(std::uint64_t ticket) noexcept;
  MonotonicTime RoomFor(const std::string& lower_user, bool repeated, MonotonicTime now) const
      O2O_REQUIRES(mutex_);
  void Forget(MonotonicTime now) O2O_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::uint64_t last_ticket_ O2O_GUARDED_BY(mutex_) = 0;
  std::deque<Attempt> attempts_ O2O_GUARDED_BY(mutex_);  // oldest first
  std::map<std::string, MonotonicTime> locks_ O2O_GUARDED_BY(mutex_);
  std::optional<MonotonicTime> host_lock_ O2O_GUARDED_BY(mutex_);
};

}  // namespace o2o

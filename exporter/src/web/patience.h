// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"

namespace o2o {

// Which clients are to be disconnected: those too slow to be waited for, and, while every thread of the
// server has a client, the slowest first. It only decides: SlowClients looks and disconnects. Not
// thread-safe.
class Patience {
 public:
  // A whole request, from when the connection was first seen.
  static constexpr std::chrono::seconds kAskTime{5};
  // Of an answer, a client takes this much within kTakeTime: 13 kB/s. A byte counts as taken once the
  // client's kernel has acknowledged it.
  static constexpr std::uint64_t kTakeBytes = 64u << 10;
  static constexpr std::chrono::seconds kTakeTime{5};
  // A whole answer: 16 MiB at 100 kB/s. Bounds how long a reader keeps an old snapshot in memory.
  static constexpr std::chrono::seconds kAnswerTime{180};
  // While no thread is free: a client that has asked or taken for this long may be disconnected,
  static constexpr std::chrono::milliseconds kCrowdedTime{300};
  // at most this many at each look.
  static constexpr std::size_t kCrowdedDrops = 32;

  enum class Phase {
    kAsking,   // its request is not whole yet
    kWaiting,  // it has done its part: waits for a thread, or for its answer to be made
    kTaking,   // its answer is being sent
  };
  struct Client {
    std::uint64_t id = 0;  // never the same for two connections
    Phase phase = Phase::kAsking;
    std::uint64_t taken = 0;  // bytes
  };

  // `clients`: all that are connected now. Returns the ids of those that have to go.
  std::vector<std::uint64_t> Look(const std::vector<Client>& clients, MonotonicTime now, bool crowded);

 private:
  struct Track {
    Phase phase = Phase::kAsking;
    MonotonicTime since;  // of the phase
    MonotonicTime seen;
    std::uint64_t seen_taken = 0;
    double pace = 0;     // bytes per second, lately
    MonotonicTime mark;  // when kTakeBytes were last complete
    std::uint64_t mark_taken = 0;
  };
  static void Update(Track& track, const Client& client, MonotonicTime now);
  static bool TooSlow(const Track& track, MonotonicTime now);

  std::map<std::uint64_t, Track> tracks_;
};

}  // namespace o2o

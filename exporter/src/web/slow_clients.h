// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "web/accepted_sockets.h"
#include "web/patience.h"

namespace o2o {

// Disconnects a server's clients that are too slow: Patience says which, AcceptedSockets does it. The server
// reports here what its threads do. Thread-safe.
class SlowClients {
 public:
  // `threads` of the server, each with at most one connection: when all have one, the server is crowded.
  explicit SlowClients(int threads) : threads_(threads) {}

  // Watches connections to this local port, on a thread of its own. At most once.
  void Watch(int port);
  // Waits for that thread.
  void StopWatching();

  // A thread of the server has a connection, or has closed it.
  void Connected();
  void Closed() { --busy_; }

  // A connection, from when its request has been read until its answer has been sent.
  class Serving {
   public:
    Serving(SlowClients& clients, const std::string& address, int port);
    ~Serving();
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    // The answer is ready and is being sent.
    void Sending() { Set(Patience::Phase::kTaking); }

   private:
    void Set(Patience::Phase phase);

    SlowClients& clients_;
    const std::string peer_;
  };

 private:
  bool Crowded() const { return busy_ >= threads_; }
  void Run(int port, const std::stop_token& stop);
  void Look(int port, Patience& patience);
  std::vector<Patience::Client> Clients(const std::vector<AcceptedSocket>& sockets);

  const int threads_;
  std::atomic<int> busy_{0};
  Mutex mutex_;
  std::condition_variable_any crowded_;
  std::map<std::string, Patience::Phase> served_ O2O_GUARDED_BY(mutex_);  // by Peer()
  std::jthread thread_;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/slow_clients.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// Between two looks.
constexpr auto kLookTime = 1s;
constexpr auto kCrowdedLookTime = 50ms;

}  // namespace

SlowClients::Serving::Serving(SlowClients& clients, const std::string& address, int port)
    : clients_(clients), peer_(Peer(address, port)) {
  Set(Patience::Phase::kWaiting);
}

SlowClients::Serving::~Serving() {
  const MutexLock lock(clients_.mutex_);
  clients_.served_.erase(peer_);
}

void SlowClients::Serving::Set(Patience::Phase phase) {
  const MutexLock lock(clients_.mutex_);
  clients_.served_[peer_] = phase;
}

void SlowClients::Watch(int port) {
  thread_ = std::jthread([this, port](const std::stop_token& stop) { Run(port, stop); });
}

void SlowClients::StopWatching() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void SlowClients::Connected() {
  if (++busy_ < threads_) return;
  { const MutexLock lock(mutex_); }  // or the watch may miss it on its way to sleep
  crowded_.notify_one();
}

void SlowClients::Run(int port, const std::stop_token& stop) {
  Patience patience;
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      const bool was_crowded = Crowded();
      crowded_.wait_for(lock, stop, was_crowded ? kCrowdedLookTime : kLookTime,
                        [&] { return !was_crowded && Crowded(); });
    }
    if (!stop.stop_requested() && busy_ > 0) Look(port, patience);
  }
}

void SlowClients::Look(int port, Patience& patience) {
  const bool crowded = Crowded();
  const std::vector<AcceptedSocket> sockets = AcceptedSockets(port);
  const std::vector<std::uint64_t> slow =
      patience.Look(Clients(sockets), std::chrono::steady_clock::now(), crowded);
  for (const AcceptedSocket& socket : sockets) {
    if (std::find(slow.begin(), slow.end(), socket.id) == slow.end()) continue;
    socket.Reset();
    log::Debug("disconnected a slow client",
               {{"client", socket.peer}, {"crowded", crowded ? "true" : "false"}});
  }
}

std::vector<Patience::Client> SlowClients::Clients(const std::vector<AcceptedSocket>& sockets) {
  std::vector<Patience::Client> clients;
  const MutexLock lock(mutex_);
  for (const AcceptedSocket& socket : sockets) {
    const auto served = served_.find(socket.peer);
    // Threads read what arrives at once, so unread bytes are waiting for a thread.
    const auto phase = served != served_.end() ? served->second
                       : socket.unread > 0     ? Patience::Phase::kWaiting
                                               : Patience::Phase::kAsking;
    clients.push_back({socket.id, phase, socket.taken});
  }
  return clients;
}

}  // namespace o2o

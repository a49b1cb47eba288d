// SPDX-License-Identifier: Apache-2.0
#include "web/patience.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace o2o {

void Patience::Update(Track& track, const Client& client, MonotonicTime now) {
  if (client.phase != track.phase) {
    track.phase = client.phase;
    track.since = now;
    track.mark = now;
    track.mark_taken = client.taken;
  }
  if (client.taken >= track.mark_taken + kTakeBytes) {
    track.mark = now;
    track.mark_taken = client.taken;
  }
  const double seconds = std::chrono::duration<double>(now - track.seen).count();
  if (seconds > 0) {
    const double pace = static_cast<double>(client.taken - track.seen_taken) / seconds;
    track.pace = track.pace == 0 ? pace : (track.pace + pace) / 2;
    track.seen = now;
    track.seen_taken = client.taken;
  }
}

bool Patience::TooSlow(const Track& track, MonotonicTime now) {
  switch (track.phase) {
    case Phase::kAsking: return now - track.since > kAskTime;
    case Phase::kWaiting: return false;
    case Phase::kTaking: return now - track.mark > kTakeTime || now - track.since > kAnswerTime;
  }
  return false;
}

std::vector<std::uint64_t> Patience::Look(const std::vector<Client>& clients, MonotonicTime now,
                                          bool crowded) {
  std::vector<std::uint64_t> drop;
  std::map<std::uint64_t, Track> tracks;
  std::vector<std::tuple<double, MonotonicTime, std::uint64_t>> slowest;  // pace, since, id
  for (const Client& client : clients) {
    const auto known = tracks_.find(client.id);
    Track track = known != tracks_.end() ? known->second
                                         : Track{client.phase, now, now, client.taken, 0, now, client.taken};
    Update(track, client, now);
    if (TooSlow(track, now)) {
      drop.push_back(client.id);
    } else if (track.phase != Phase::kWaiting && now - track.since >= kCrowdedTime) {
      slowest.emplace_back(track.pace, track.since, client.id);
    }
    tracks.emplace(client.id, track);
  }
  tracks_ = std::move(tracks);  // forgets who has left
  if (!crowded) return drop;
  std::sort(slowest.begin(), slowest.end());
  for (const auto& [pace, since, id] : slowest) {
    if (drop.size() >= kCrowdedDrops) break;
    drop.push_back(id);
  }
  return drop;
}

}  // namespace o2o

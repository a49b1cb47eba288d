// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/mutex.h"
#include "base/result.h"

namespace o2o {

// What all sources that ask one Metabase share, whoever they ask as: turns for their queries, since Metabase
// lets queries pile up without a word, and what version it is. Thread-safe.
class MetabaseServer {
 public:
  static constexpr std::size_t kQueriesAtOnce = 2;

  // `clock` must outlive it.
  MetabaseServer(std::string url, const Clock& clock);

  // The right to run one query; given back at its end.
  class Turn {
   public:
    Turn(Turn&& other) noexcept
        : server_(std::exchange(other.server_, nullptr)), question_(other.question_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    friend class MetabaseServer;
    Turn(MetabaseServer& server, std::int64_t question) : server_(&server), question_(question) {}

    MetabaseServer* server_;
    std::int64_t question_;
  };

  // Waits until fewer than kQueriesAtOnce queries run and none of the same question; first come, first
  // served. Fails with kTimeout at `deadline`, with kCancelled when `stop` is asked for.
  Result<Turn> TakeTurn(std::int64_t question, MonotonicTime deadline, std::stop_token stop);

  // Whether it is time to ask for the version: at first and once an hour, for all sources together. True for
  // one of them, which then asks.
  bool VersionIsDue();
  // Logs it where it is another one than before.
  void NoteVersion(const std::string& version);

 private:
  struct Waiter {
    std::int64_t question;
  };
  struct Place;

  bool MayRun(const Waiter& waiter) const O2O_REQUIRES(mutex_);
  bool Runs(std::int64_t question) const O2O_REQUIRES(mutex_);
  std::string Running() const O2O_REQUIRES(mutex_);
  void EndTurn(std::int64_t question);

  const std::string url_;
  const Clock& clock_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::int64_t> running_ O2O_GUARDED_BY(mutex_);  // the questions; has room for all
  std::list<Waiter> waiting_ O2O_GUARDED_BY(mutex_);          // longest first
  std::optional<MonotonicTime> version_asked_ O2O_GUARDED_BY(mutex_);
  std::string version_ O2O_GUARDED_BY(mutex_);
};

}  // namespace o2o

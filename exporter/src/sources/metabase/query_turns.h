// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/mutex.h"
#include "base/result.h"

namespace o2o {

// The queue for the queries of all sources of one Metabase, whatever their credentials, since Metabase lets
// queries pile up silently. Thread-safe.
class QueryTurns {
 public:
  static constexpr std::size_t kQueriesAtOnce = 2;

  // `clock` must outlive it.
  explicit QueryTurns(const Clock& clock);

  // The right to run one query, until it is destroyed.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), question_(other.question_) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    friend class QueryTurns;
    Turn(QueryTurns& turns, std::int64_t question) : turns_(&turns), question_(question) {}

    QueryTurns* turns_;
    std::int64_t question_;
  };

  // Waits until fewer than kQueriesAtOnce queries run and none of the same question; first come, first
  // served. Fails with kTimeout at `deadline`, with kCancelled when `stop` is asked for.
  [[nodiscard]] Result<Turn> Await(std::int64_t question, MonotonicTime deadline, std::stop_token stop);

 private:
  struct Waiter {
    std::int64_t question;
  };
  struct Place;

  bool MayRun(const Waiter& waiter) const O2O_REQUIRES(mutex_);
  bool Runs(std::int64_t question) const O2O_REQUIRES(mutex_);
  std::string Running() const O2O_REQUIRES(mutex_);
  void EndTurn(std::int64_t question) noexcept;

  const Clock& clock_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::int64_t> running_ O2O_GUARDED_BY(mutex_);  // the questions; has room for all
  std::list<Waiter> waiting_ O2O_GUARDED_BY(mutex_);          // longest first
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/query_turns.h"

#include <algorithm>
#include <utility>

namespace o2o {

QueryTurns::Turn::~Turn() {
  if (turns_ != nullptr) turns_->EndTurn(question_);
}

// A place in the queue, given up when destroyed. Needs mutex_ for its whole life.
struct QueryTurns::Place {
  Place(QueryTurns& of, std::int64_t question)
      : turns(of), waiter(turns.waiting_.insert(turns.waiting_.end(), {question})) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    turns.waiting_.erase(waiter);
    turns.changed_.notify_all();  // it may be the turn of the next one
  }

  QueryTurns& turns;
  std::list<Waiter>::iterator waiter;
};

QueryTurns::QueryTurns(const Clock& clock) : clock_(clock) { running_.reserve(kQueriesAtOnce); }

Result<QueryTurns::Turn> QueryTurns::Await(std::int64_t question, MonotonicTime deadline,
                                           std::stop_token stop) {
  MutexLock lock(mutex_);
  const MonotonicTime came = clock_.Monotonic();
  {
    const Place place(*this, question);
    const auto left = std::max(deadline - came, MonotonicTime::duration::zero());
    const bool free =
        changed_.wait_for(lock, stop, left, [&]() O2O_REQUIRES(mutex_) { return MayRun(*place.waiter); });
    if (free && !stop.stop_requested()) {
      running_.push_back(question);
      return Turn(*this, question);
    }
  }
  if (stop.stop_requested()) return Fail(ErrorCode::kCancelled, "cancelled: the program is stopping");
  const std::string waited = FormatDuration(std::chrono::duration_cast<Millis>(clock_.Monotonic() - came));
  return Fail(
      ErrorCode::kTimeout,
      "waited " + waited + " for its turn until too little of the source's timeout was left: " +
          (Runs(question) ? "another source is still asking the same question"
                          : std::to_string(kQueriesAtOnce) + " questions of one Metabase run at once") +
          ", running " + Running() + ": make them faster, or the intervals longer");
}

bool QueryTurns::MayRun(const Waiter& waiter) const {
  if (running_.size() >= kQueriesAtOnce) return false;
  const auto next =
      std::find_if(waiting_.begin(), waiting_.end(),
                   [this](const Waiter& other) O2O_REQUIRES(mutex_) { return !Runs(other.question); });
  return next != waiting_.end() && &*next == &waiter;
}

bool QueryTurns::Runs(std::int64_t question) const {
  return std::find(running_.begin(), running_.end(), question) != running_.end();
}

std::string QueryTurns::Running() const {
  std::string questions;
  for (const std::int64_t question : running_)
    questions += (questions.empty() ? "" : " and ") + std::to_string(question);
  return questions.empty() ? "none" : questions;
}

void QueryTurns::EndTurn(std::int64_t question) noexcept {
  const MutexLock lock(mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), question));
  changed_.notify_all();
}

}  // namespace o2o

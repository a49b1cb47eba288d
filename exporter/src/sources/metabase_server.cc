// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_server.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr auto kVersionInterval = 1h;

}  // namespace

MetabaseServer::Turn::~Turn() {
  if (server_ != nullptr) server_->EndTurn(question_);
}

// A place among those who wait, left at its end. Needs mutex_ for its whole life.
struct MetabaseServer::Place {
  Place(MetabaseServer& of, std::int64_t question)
      : server(of), waiter(server.waiting_.insert(server.waiting_.end(), {question})) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    server.waiting_.erase(waiter);
    server.changed_.notify_all();  // it may be the turn of who stood behind us
  }

  MetabaseServer& server;
  std::list<Waiter>::iterator waiter;
};

MetabaseServer::MetabaseServer(std::string url, const Clock& clock) : url_(std::move(url)), clock_(clock) {
  running_.reserve(kQueriesAtOnce);
}

Result<MetabaseServer::Turn> MetabaseServer::TakeTurn(std::int64_t question, MonotonicTime deadline,
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
  if (stop.stop_requested()) return Fail(ErrorCode::kCancelled, "ended, since the program stops");
  const std::string waited = FormatDuration(std::chrono::duration_cast<Millis>(clock_.Monotonic() - came));
  return Fail(
      ErrorCode::kTimeout,
      "waited " + waited + " for its turn, until too little of the source's timeout was left: " +
          (Runs(question) ? "another source still asks the same question"
                          : std::to_string(kQueriesAtOnce) + " questions are asked of one Metabase at once") +
          ", running " + Running() + ": make them quicker, or the intervals longer");
}

bool MetabaseServer::VersionIsDue() {
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  if (version_asked_ && now - *version_asked_ < kVersionInterval) return false;
  version_asked_ = now;
  return true;
}

void MetabaseServer::NoteVersion(const std::string& version) {
  {
    const MutexLock lock(mutex_);
    if (version == version_) return;
    version_ = version;
  }
  log::Info("Metabase version", {{"url", url_}, {"version", version}});
}

bool MetabaseServer::MayRun(const Waiter& waiter) const {
  if (running_.size() >= kQueriesAtOnce) return false;
  const auto next =
      std::find_if(waiting_.begin(), waiting_.end(),
                   [this](const Waiter& other) O2O_REQUIRES(mutex_) { return !Runs(other.question); });
  return next != waiting_.end() && &*next == &waiter;
}

bool MetabaseServer::Runs(std::int64_t question) const {
  return std::find(running_.begin(), running_.end(), question) != running_.end();
}

std::string MetabaseServer::Running() const {
  std::string questions;
  for (const std::int64_t question : running_)
    questions += (questions.empty() ? "" : " and ") + std::to_string(question);
  return questions.empty() ? "none" : questions;
}

void MetabaseServer::EndTurn(std::int64_t question) {
  const MutexLock lock(mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), question));
  changed_.notify_all();
}

}  // namespace o2o

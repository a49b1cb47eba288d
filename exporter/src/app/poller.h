// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/rhythm.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/mutex.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "sources/source.h"

namespace o2o {

struct PollerOptions {
  std::string source;
  std::string kind;  // for display: "oms", "store"
  Millis interval{15'000};
  Millis stale_after{45'000};
};

// How a source is doing, for pages and /api/v1/sources.
struct SourceStatus {
  std::string source;
  std::string kind;
  enum class State { kStarting, kUp, kFailing } state = State::kStarting;
  bool stale = false;  // its series were dropped
  Millis interval{0};
  std::optional<Timestamp> last_poll;
  std::optional<Timestamp> last_success;
  std::optional<Timestamp> next_poll;
  bool troubled = false;    // up, but something beside the answer is wrong
  bool shows_rows = false;  // Source::ShowsRows
  std::string last_error;   // kept after a recovery, empty where there never was one
  std::string last_error_reason;
  std::optional<Timestamp> last_error_at;
  // Of the last success:
  std::size_t rows = 0;
  std::size_t series = 0;
  std::uint64_t rejected_rows = 0;
  std::vector<std::string> rejected_reasons;  // why
  // Of all polls:
  std::uint64_t polls = 0;
  std::uint64_t failures = 0;
};
std::string_view Name(SourceStatus::State state);

// Runs one source on a thread of its own: the one wrapper that measures polls, publishes their results, backs
// off, logs changes of state, and drops what has become too old. One poll at a time. The source, board,
// metrics and clock must outlive it.
class Poller {
 public:
  Poller(PollerOptions options, Source& source, SnapshotBoard& board, ExporterMetrics& metrics,
         const Clock& clock, std::uint32_t seed);
  ~Poller();

  // Starts the thread, which waits for Start(), so that Start() cannot fail. Throws std::system_error if no
  // thread can be started.
  void Prepare();
  // `before`: the poller of the same source that this one replaces, if any; what it published keeps ageing.
  // From now on the source is in the metrics.
  void Start(const Poller* before = nullptr);
  // Asks the running poll to end; nothing is published from now on, not even its result. Join() waits for it.
  void RequestStop() noexcept;
  void Join();

  // Polls as soon as the current poll is over, even during back-off: the caller knows that there is something
  // new. Never blocks.
  void Nudge() noexcept;

  // Drops the snapshot once it is older than stale_after. Called before a scrape, so that a scrape never
  // shows a stale value even while the source hangs.
  void ExpireIfStale();

  SourceStatus status() const;

 private:
  struct Answer {
    PollResult result;  // its families have moved into the snapshot
    std::shared_ptr<const Snapshot> snapshot;
  };

  struct Ended {
    Rhythm::Ending how = Rhythm::Ending::kFailed;
    std::optional<Millis> asked_to_wait;  // since the poll began
  };

  void Run(std::stop_token stop) noexcept;
  [[nodiscard]] bool WaitForStart(const std::stop_token& stop);
  Ended PollOnce(std::stop_token stop);
  [[nodiscard]] Result<Answer> Ask(std::stop_token stop);
  void Succeeded(Answer answer, PollOutcome& outcome);
  void Failed(const Error& error);
  void LogNotes(std::vector<std::string> notes);
  void LogRejected(const PollOutcome& outcome, const std::map<std::string, std::string>& first);
  void SetLastError(const Error& error) O2O_REQUIRES(mutex_);

  const PollerOptions options_;
  Source& source_;
  SnapshotBoard& board_;
  ExporterMetrics& metrics_;
  const Clock& clock_;
  Rhythm rhythm_;

  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  bool started_ O2O_GUARDED_BY(mutex_) = false;
  bool retired_ O2O_GUARDED_BY(mutex_) = false;  // stop was requested
  bool nudged_ O2O_GUARDED_BY(mutex_) = false;
  SourceStatus status_ O2O_GUARDED_BY(mutex_);
  std::optional<MonotonicTime> published_at_ O2O_GUARDED_BY(mutex_);  // what is on the board now
  std::optional<MonotonicTime> failing_since_;                        // of the poll thread
  std::uint64_t failures_in_a_row_ = 0;                               // of the poll thread
  std::string trouble_;              // of the poll thread: reason of the last trouble with a good answer
  std::vector<std::string> notes_;   // of the poll thread; of the last good poll
  std::set<std::string> rejecting_;  // of the poll thread; the reasons of the last good poll
  std::jthread thread_;
};

}  // namespace o2o

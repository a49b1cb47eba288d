// SPDX-License-Identifier: Apache-2.0
#include "app/poller.h"

#include <exception>
#include <new>

#include "base/log.h"
#include "base/redaction.h"
#include "json/masked_json.h"

namespace o2o {

namespace {

void MaskCodes(VendorCodes::Codes& codes) {
  std::vector<std::string> secret;
  for (const std::string& code : codes) {
    if (redaction::HoldsSecret(code)) secret.push_back(code);
  }
  for (const std::string& code : secret) {
    codes.erase(code);
    codes.insert(redaction::Mask(code));
  }
}

// Masks what is shown of an answer besides its series, whose labels are masked where they are built.
void MaskTexts(PollResult& result) {
  for (std::string& row : result.sample_rows) row = MaskJson(row, JsonKeys::kMasked);
  MaskCodes(result.vendors.codes);
  for (std::string& note : result.notes) note = redaction::Mask(std::move(note));
  if (result.trouble) result.trouble->message = redaction::Mask(std::move(result.trouble->message));
}

}  // namespace

std::string_view Name(SourceStatus::State state) {
  switch (state) {
    case SourceStatus::State::kStarting: return "starting";
    case SourceStatus::State::kUp: return "up";
    case SourceStatus::State::kFailing: return "failing";
  }
  return "starting";
}

Poller::Poller(PollerOptions options, Source& source, SnapshotBoard& board, ExporterMetrics& metrics,
               const Clock& clock, std::uint32_t seed)
    : options_(std::move(options)),
      source_(source),
      board_(board),
      metrics_(metrics),
      clock_(clock),
      rhythm_(options_.interval, seed) {
  status_.source = options_.source;
  status_.kind = options_.kind;
  status_.interval = options_.interval;
  status_.shows_rows = source_.ShowsRows();
}

Poller::~Poller() {
  RequestStop();
  Join();
}

void Poller::Prepare() {
  if (!thread_.joinable()) thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
}

void Poller::Start(const Poller* before) {
  Prepare();
  metrics_.AddSource(options_.source, std::chrono::duration<double>(options_.interval).count(),
                     {source_.FailureReasons(), source_.RejectReasons(), source_.RepairReasons()});
  std::optional<MonotonicTime> published_at;
  std::optional<Timestamp> last_success;
  if (before != nullptr) {
    const MutexLock lock(before->mutex_);
    published_at = before->published_at_;
    last_success = before->status_.last_success;
  }
  {
    const MutexLock lock(mutex_);
    published_at_ = published_at;
    status_.last_success = last_success;
    started_ = true;
  }
  wake_.notify_one();
}

void Poller::RequestStop() noexcept {
  {
    const MutexLock lock(mutex_);
    retired_ = true;
  }
  thread_.request_stop();
}

void Poller::Join() {
  if (thread_.joinable()) thread_.join();
}

void Poller::Nudge() noexcept {
  {
    const MutexLock lock(mutex_);
    nudged_ = true;
  }
  wake_.notify_one();
}

bool Poller::WaitForStart(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  return wake_.wait(lock, stop, [this]() O2O_REQUIRES(mutex_) { return started_; }) && !stop.stop_requested();
}

void Poller::Run(std::stop_token stop) noexcept {
  if (!WaitForStart(stop)) return;
  Millis delay = rhythm_.StartDelay();
  MonotonicTime started = clock_.Monotonic();
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      const Millis left =
          std::max(Millis{0}, std::chrono::duration_cast<Millis>(started + delay - clock_.Monotonic()));
      status_.next_poll = clock_.Now() + left;
      wake_.wait_for(lock, stop, left, [this]() O2O_REQUIRES(mutex_) { return nudged_; });
      if (stop.stop_requested()) return;
      nudged_ = false;
    }
    started = clock_.Monotonic();
    Ended ended;
    try {
      ended = PollOnce(stop);
    } catch (...) {
      // Memory ran out while publishing the result or reporting the failure: the next poll may find more.
      log::Error("a poll was aborted: out of memory", {});
    }
    delay = rhythm_.Next(ended.how, ended.asked_to_wait);
  }
}

Poller::Ended Poller::PollOnce(std::stop_token stop) {
  const MonotonicTime start = clock_.Monotonic();
  {
    const MutexLock lock(mutex_);
    if (retired_) return {};
    metrics_.PollStarted(options_.source);
    ++status_.polls;
    status_.last_poll = clock_.Now();
  }
  auto answer = Ask(stop);
  if (!answer && stop.stop_requested()) return {};

  PollOutcome outcome;
  outcome.at = answer ? answer->snapshot->taken_at : clock_.Now();
  outcome.duration_seconds = std::chrono::duration<double>(clock_.Monotonic() - start).count();
  Ended ended;
  if (answer) {
    ended.how = answer->result.hurry ? Rhythm::Ending::kCutShort : Rhythm::Ending::kGood;
    Succeeded(std::move(*answer), outcome);
  } else {
    outcome.reason = answer.error().code;
    Failed(answer.error());
    if (answer.error().retry_after) {
      ended.asked_to_wait =
          *answer.error().retry_after + std::chrono::duration_cast<Millis>(clock_.Monotonic() - start);
    }
  }
  {
    // Under the lock, or a source that a reload removed would be back in the metrics.
    const MutexLock lock(mutex_);
    if (!retired_) metrics_.PollEnded(options_.source, outcome);
  }
  log::Debug("polled", {{"source", options_.source},
                        {"up", outcome.up ? "true" : "false"},
                        {"rows", std::to_string(outcome.rows)},
                        {"seconds", std::to_string(outcome.duration_seconds)}});
  return ended;
}

// Sources do not throw, but memory may run out in them or in rendering: this poll is lost, the next one may
// be smaller, and the other sources continue.
Result<Poller::Answer> Poller::Ask(std::stop_token stop) {
  try {
    auto result = source_.Poll(std::move(stop));
    if (!result) {
      result.error().message = redaction::Mask(std::move(result.error().message));
      return tl::unexpected(std::move(result.error()));
    }
    MaskTexts(*result);
    auto snapshot = MakeSnapshot(std::move(result->families), clock_.Now());
    return Answer{std::move(*result), std::move(snapshot)};
  } catch (const std::bad_alloc&) {
    return Fail(ErrorCode::kInternal, "the poll was aborted: out of memory");
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kInternal, std::string("the poll was aborted: ") + exception.what());
  }
}

void Poller::Succeeded(Answer answer, PollOutcome& outcome) {
  PollResult& result = answer.result;
  std::shared_ptr<const Snapshot>& snapshot = answer.snapshot;
  outcome.up = true;
  outcome.rows = result.rows;
  outcome.series = snapshot->series;
  outcome.response_bytes = result.response_bytes;
  outcome.rejected_rows = std::move(result.rejected_rows);
  outcome.repaired = std::move(result.repaired);
  outcome.trouble = result.trouble ? std::optional(result.trouble->code) : std::nullopt;
  if (!source_.ShowsRows()) {
    result.sample_rows.clear();
    result.vendors = {};
  }
  LastRows rows{std::make_shared<const std::vector<std::string>>(std::move(result.sample_rows)), outcome.rows,
                outcome.at, std::make_shared<const VendorCodes>(std::move(result.vendors))};
  bool first = false;
  bool recovered = false;
  {
    const MutexLock lock(mutex_);
    if (retired_) return;
    first = status_.state == SourceStatus::State::kStarting;
    recovered = status_.state == SourceStatus::State::kFailing;
    status_.state = SourceStatus::State::kUp;
    status_.stale = false;
    status_.last_success = outcome.at;
    status_.troubled = result.trouble.has_value();
    if (result.trouble) SetLastError(*result.trouble);
    status_.rows = outcome.rows;
    status_.series = outcome.series;
    status_.rejected_rows = 0;
    status_.rejected_reasons.clear();
    for (const auto& [reason, count] : outcome.rejected_rows) {
      status_.rejected_rows += count;
      if (count > 0) status_.rejected_reasons.push_back(reason);
    }
    published_at_ = clock_.Monotonic();
    board_.Publish(options_.source, std::move(snapshot), std::move(rows));
    metrics_.SetStale(options_.source, false);
  }
  if (first) log::Info("source up", {{"source", options_.source}, {"rows", std::to_string(outcome.rows)}});
  if (recovered) {
    log::Info(
        "source recovered",
        {{"source", options_.source},
         {"failed_polls", std::to_string(failures_in_a_row_)},
         {"down", FormatDuration(std::chrono::duration_cast<Millis>(clock_.Monotonic() - *failing_since_))}});
  }
  failures_in_a_row_ = 0;
  failing_since_.reset();
  const std::string trouble = result.trouble ? std::string(Name(result.trouble->code)) : "";
  if (trouble != trouble_ && result.trouble) {
    log::Warn("source is up with problems",
              {{"source", options_.source}, {"reason", trouble}, {"error", result.trouble->message}});
  }
  if (trouble != trouble_ && !result.trouble)
    log::Info("source recovered from its problems", {{"source", options_.source}});
  trouble_ = trouble;
  LogRejected(outcome, result.first_rejected);
  LogNotes(std::move(result.notes));
}

// One line when a reason appears and one when it is gone, not one per poll.
void Poller::LogRejected(const PollOutcome& outcome, const std::map<std::string, std::string>& first) {
  std::set<std::string> reasons;
  for (const auto& [reason, rows] : outcome.rejected_rows) {
    if (rows == 0) continue;
    reasons.insert(reason);
    if (rejecting_.contains(reason)) continue;
    constexpr const char* kWords = "source rejects rows";
    const log::Field source{"source", options_.source};
    const log::Field why{"reason", reason};
    const log::Field count{"rows", std::to_string(rows)};
    if (const auto detail = first.find(reason); detail != first.end()) {
      log::Warn(kWords, {source, why, count, {"first", detail->second}});
    } else {
      log::Warn(kWords, {source, why, count});
    }
  }
  for (const std::string& reason : rejecting_) {
    if (reasons.contains(reason)) continue;
    log::Info("source no longer rejects rows", {{"source", options_.source}, {"reason", reason}});
  }
  rejecting_ = std::move(reasons);
}

void Poller::LogNotes(std::vector<std::string> notes) {
  if (notes == notes_) return;
  for (const std::string& note : notes)
    log::Warn("note on the source's rows", {{"source", options_.source}, {"note", note}});
  notes_ = std::move(notes);
}

void Poller::SetLastError(const Error& error) {
  status_.last_error = error.message;
  status_.last_error_reason = Name(error.code);
  status_.last_error_at = clock_.Now();
  ++status_.failures;
}

void Poller::Failed(const Error& error) {
  const std::string reason{Name(error.code)};
  bool changed = false;
  {
    const MutexLock lock(mutex_);
    if (retired_) return;
    changed = status_.state != SourceStatus::State::kFailing || status_.last_error_reason != reason;
    status_.state = SourceStatus::State::kFailing;
    SetLastError(error);
  }
  ++failures_in_a_row_;
  if (!failing_since_) failing_since_ = clock_.Monotonic();
  if (changed) {
    log::Warn("source failing", {{"source", options_.source}, {"reason", reason}, {"error", error.message}});
  }
}

void Poller::ExpireIfStale() {
  {
    const MutexLock lock(mutex_);
    if (retired_ || !published_at_ || clock_.Monotonic() <= *published_at_ + options_.stale_after) return;
    published_at_.reset();
    status_.stale = true;
    board_.Drop(options_.source);  // under the lock, or a poll that ends now would lose its fresh snapshot
    metrics_.SetStale(options_.source, true);
  }
  log::Warn("source stale: its series are no longer published",
            {{"source", options_.source}, {"stale_after", FormatDuration(options_.stale_after)}});
}

SourceStatus Poller::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "progress_line.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>

#include "base/duration.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr int kBarWidth = 10;
constexpr std::size_t kLineWidth = 79;  // a terminal's 80 without a break

std::string Bar(double done) {
  const auto filled = static_cast<std::size_t>(done * kBarWidth);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "]";
}

// Rows so far, rows per second, and the time left at that rate; nothing until a row is stored.
std::string Pace(const CatchUpStage& stage, seconds elapsed) {
  const IngestResult& ingested = stage.rows;
  const std::int64_t rows = ingested.inserted + ingested.updated + ingested.unchanged + ingested.stale;
  if (rows == 0 || stage.done <= 0) return "";
  const double spent = std::max<double>(1, static_cast<double>(elapsed.count()));
  const seconds left(static_cast<std::int64_t>(spent * (1 - stage.done) / stage.done));
  return ", " + std::to_string(rows) + " rows, " +
         std::to_string(static_cast<std::int64_t>(static_cast<double>(rows) / spent)) + "/s, " +
         FormatDuration(left) + " left";
}

}  // namespace

ProgressLine::ProgressLine(bool terminal) : shown_(terminal) {
  if (!terminal) return;
  ticker_ = std::jthread([this](std::stop_token stop) {
    std::condition_variable_any asked;
    MutexLock lock(mutex_);
    do {
      Draw();
    } while (!asked.wait_for(lock, stop, 1s, [&] { return stop.stop_requested(); }));
  });
}

void ProgressLine::Show(const CatchUpStage& stage) {
  const MutexLock lock(mutex_);
  const bool answered = stage.page.phase == AskedPage::Phase::kAnswered;
  if (answered) answered_ = stage.page.rows;
  if (stage_ && stage.window != stage_->window) answered_ = 0;
  if (answered) return;  // asks again, or stores, at once
  stage_ = stage;
  Draw();
}

void ProgressLine::End() {
  const MutexLock lock(mutex_);
  if (!shown_) return;
  shown_ = false;
  ticker_.request_stop();
  std::fprintf(stderr, "%*s\r", static_cast<int>(width_), "");
}

std::string ProgressLine::Text(seconds elapsed) const {
  if (!stage_) return "ingest: asking the database where to begin";
  const AskedPage& page = stage_->page;
  const bool several = stage_->windows > 1;
  std::string text = "ingest";
  if (several) {
    text += " " + Bar(stage_->done) + " " + std::to_string(stage_->window) + " of " +
            std::to_string(stage_->windows);
  }
  if (page.phase == AskedPage::Phase::kStoring) {
    text += ": storing " + std::to_string(page.rows) + " rows";
  } else {
    text += ": asking for " + std::to_string(page.window.minutes) + " min";
    if (!several) text += ", at most " + std::to_string(page.window.limit) + " rows";
    if (answered_ > 0) text += ", " + std::to_string(answered_) + " so far";
  }
  return text + Pace(*stage_, elapsed);
}

void ProgressLine::Draw() {
  if (!shown_) return;
  const auto elapsed = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - start_);
  const std::string clock = ", " + std::to_string(elapsed.count()) + "s";
  const std::string line = Text(elapsed).substr(0, kLineWidth - clock.size()) + clock;
  std::fprintf(stderr, "%-*s\r", static_cast<int>(width_), line.c_str());
  width_ = line.size();
}

}  // namespace o2o

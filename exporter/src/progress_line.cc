// SPDX-License-Identifier: Apache-2.0
#include "progress_line.h"

#include <condition_variable>
#include <cstdio>

namespace o2o {

using namespace std::chrono_literals;

ProgressLine::ProgressLine(bool terminal) : shown_(terminal), phase_("asking the database where to begin") {
  if (!terminal) return;
  ticker_ = std::jthread([this](std::stop_token stop) {
    std::condition_variable_any asked;
    std::unique_lock lock(mutex_);
    do {
      Draw();
    } while (!asked.wait_for(lock, stop, 1s, [&] { return stop.stop_requested(); }));
  });
}

void ProgressLine::Show(const AskedPage& page) {
  const std::lock_guard lock(mutex_);
  switch (page.phase) {
    case AskedPage::Phase::kAsking:
      window_ = page.window;
      phase_ = "asking for " + std::to_string(window_.minutes) + " min, at most " +
               std::to_string(window_.limit) + " rows" +
               (rows_ > 0 ? ", " + std::to_string(rows_) + " so far" : "");
      break;
    case AskedPage::Phase::kAnswered: rows_ = page.rows; return;  // asks again, or stores, at once
    case AskedPage::Phase::kStoring:
      phase_ =
          "storing " + std::to_string(page.rows) + " rows of " + std::to_string(window_.minutes) + " min";
      break;
  }
  Draw();
}

void ProgressLine::End() {
  const std::lock_guard lock(mutex_);
  if (!shown_) return;
  shown_ = false;
  ticker_.request_stop();
  std::fprintf(stderr, "%*s\r", static_cast<int>(width_), "");
}

void ProgressLine::Draw() {
  if (!shown_) return;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_).count();
  const std::string line = "ingest: " + phase_ + ", " + std::to_string(seconds) + "s";
  std::fprintf(stderr, "%-*s\r", static_cast<int>(width_), line.c_str());
  width_ = line.size();
}

}  // namespace o2o

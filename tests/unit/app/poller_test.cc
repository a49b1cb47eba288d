// SPDX-License-Identifier: Apache-2.0
#include "app/poller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "fakes/failing_allocation.h"
#include "metrics/catalogue.h"
#include "unit/metrics/exposition_text.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;
using testing::TextOf;

// Answers as scripted; counts how many polls run at once.
class ScriptedSource final : public Source {
 public:
  explicit ScriptedSource(std::function<Result<PollResult>(int poll, std::stop_token stop)> script)
      : script_(std::move(script)) {}

  Result<PollResult> Poll(std::stop_token stop) override {
    most_at_once = std::max(most_at_once.load(), ++running_);
    auto result = script_(++polls, stop);
    --running_;
    return result;
  }
  std::vector<ErrorCode> FailureReasons() const override {
    return {ErrorCode::kTimeout, ErrorCode::kInternal};
  }
  std::vector<std::string> RejectReasons() const override { return {"odd_row"}; }
  std::vector<std::string> RepairReasons() const override { return {"mended"}; }

  bool ShowsRows() const override { return shows_rows; }

  bool shows_rows = false;
  std::atomic<int> polls{0};
  std::atomic<int> most_at_once{0};

 private:
  std::function<Result<PollResult>(int, std::stop_token)> script_;
  std::atomic<int> running_{0};
};

PollResult GaugeOf(int value) {
  PollResult result;
  result.families.push_back({catalogue::kOrdersRecent, {{{"PENDING"}, std::to_string(value)}}, {}, {}});
  result.rows = 1;
  return result;
}

// The deadline only bounds a broken run; a good one ends as soon as the condition holds.
void WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
    std::this_thread::sleep_for(1ms);
  }
}

class PollerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Poller> Make(ScriptedSource& source, Millis interval, Millis stale_after) {
    return std::make_unique<Poller>(PollerOptions{"shop", "fake", interval, stale_after}, source, board_,
                                    metrics_, clock_, 1);
  }
  std::unique_ptr<Poller> Run(ScriptedSource& source, Millis interval = 4ms, Millis stale_after = 1h) {
    auto poller = Make(source, interval, stale_after);
    poller->Start();
    return poller;
  }

  SystemClock clock_;
  SnapshotBoard board_;
  ExporterMetrics metrics_;
};

TEST_F(PollerTest, PollThatThrowsIsAFailedPoll) {
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    if (poll == 1) throw std::bad_alloc();
    return GaugeOf(poll);
  });
  auto poller = Run(source);
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
  EXPECT_EQ(poller->status().failures, 1u);
  EXPECT_EQ(poller->status().last_error_reason, "internal");
  EXPECT_EQ(poller->status().last_error, "the poll was aborted: out of memory");
}

// After the poll as such: while its snapshot is rendered, published and logged, or its failure is told.
TEST_F(PollerTest, MemoryThatEndsAfterThePollCostsThatPollAlone) {
  constexpr int kFailing = 400;
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    const long allocation = poll / 2;
    auto result = poll % 2 == 0
                      ? Result<PollResult>(GaugeOf(poll))
                      : Fail(ErrorCode::kNotJson, "a message too long to be held in place: text/html");
    allocations_left = poll <= kFailing ? allocation : -1;
    return result;
  });
  auto poller = Run(source, 1ms);
  WaitUntil([&] { return source.polls > kFailing + 2; });
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
}

TEST_F(PollerTest, UpstreamThatAsksToWaitIsNotAskedBefore) {
  ScriptedSource source([](int, std::stop_token) -> Result<PollResult> {
    return tl::unexpected(Error{ErrorCode::kHttpStatus, "too many requests", 10min});
  });
  const auto poller = Run(source);
  WaitUntil([&] {
    const SourceStatus status = poller->status();
    return status.last_error_at && status.next_poll && *status.next_poll >= *status.last_error_at + 9min;
  });
  EXPECT_EQ(source.polls, 1);
}

TEST_F(PollerTest, NoTextOfAPollShowsASecret) {
  const Secret key("k3y-of-the-shop");
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    if (poll > 1) return Fail(ErrorCode::kNotJson, "got k3y-of-the-shop");
    PollResult result = GaugeOf(7);
    result.families[0].samples[0].labels[0] = "said k3y-of-the-shop";
    result.sample_rows = {R"({"said":"k3y-of-the-shop"})"};
    result.trouble = Error{ErrorCode::kStore, "no table k3y-of-the-shop"};
    return result;
  });
  const auto poller = Run(source, 50ms);
  WaitUntil([&] { return source.polls >= 1 && poller->status().last_success; });
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kFailing; });
  EXPECT_EQ(poller->status().last_error, "got <secret>");
  EXPECT_NE(JoinText(board_.Read()).find("{status=\"said <secret>\"} 7"), std::string::npos);
}

TEST_F(PollerTest, GoodPollsArePublishedWhole) {
  ScriptedSource source([](int poll, std::stop_token) { return GaugeOf(poll); });
  const auto poller = Run(source);
  WaitUntil([&] { return source.polls >= 3; });
  EXPECT_NE(JoinText(board_.Read()).find("o2o_orders_recent{status=\"PENDING\"} "), std::string::npos);
  EXPECT_EQ(poller->status().state, SourceStatus::State::kUp);
  EXPECT_EQ(source.most_at_once, 1);
}

TEST_F(PollerTest, FailureKeepsTheLastGoodSnapshotAndSaysWhy) {
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    if (poll > 1) return Fail(ErrorCode::kNotJson, "got text/html");
    return GaugeOf(7);
  });
  const auto poller = Run(source);
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kFailing; });
  EXPECT_NE(JoinText(board_.Read()).find("} 7\n"), std::string::npos);
  const SourceStatus status = poller->status();
  EXPECT_EQ(status.last_error_reason, "not_json");
  EXPECT_EQ(status.last_error, "got text/html");
  EXPECT_FALSE(status.stale);
  // The status is told a moment before the metric.
  WaitUntil([&] { return TextOf(metrics_).find("o2o_source_up{source=\"shop\"} 0") != std::string::npos; });
}

TEST_F(PollerTest, SnapshotThatIsTooOldIsDroppedAndComesBackWithTheNextSuccess) {
  std::atomic<bool> good{true};
  ScriptedSource source([&](int, std::stop_token) -> Result<PollResult> {
    if (!good) return Fail(ErrorCode::kTimeout, "no answer");
    return GaugeOf(7);
  });
  const auto poller = Run(source, 4ms, 20ms);
  WaitUntil([&] { return board_.Read().size() == 1; });
  good = false;
  WaitUntil([&] {
    poller->ExpireIfStale();
    return board_.Read().empty();
  });
  EXPECT_TRUE(poller->status().stale);
  EXPECT_NE(TextOf(metrics_).find("o2o_source_stale{source=\"shop\"} 1"), std::string::npos);
  good = true;
  WaitUntil([&] { return board_.Read().size() == 1; });
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
}

TEST_F(PollerTest, SnapshotOfThePollerThatItReplacesKeepsAgeing) {
  ScriptedSource source([](int, std::stop_token) { return GaugeOf(1); });
  const auto before = Run(source, 1h, 1h);
  WaitUntil([&] { return board_.Read().size() == 1; });
  const std::optional<Timestamp> last_success = before->status().last_success;
  before->RequestStop();

  ScriptedSource failing(
      [](int, std::stop_token) -> Result<PollResult> { return Fail(ErrorCode::kConnect, "refused"); });
  const auto patient = Make(failing, 1h, 1h);
  patient->Start(before.get());
  patient->ExpireIfStale();
  EXPECT_EQ(board_.Read().size(), 1u);
  EXPECT_EQ(patient->status().last_success, last_success);

  const auto strict = Make(failing, 1h, 1ms);
  strict->Start(before.get());
  WaitUntil([&] {
    strict->ExpireIfStale();
    return board_.Read().empty();
  });
  EXPECT_TRUE(strict->status().stale);
}

TEST_F(PollerTest, OneThatIsOnlyPreparedDoesNothing) {
  ScriptedSource source([](int, std::stop_token) { return GaugeOf(1); });
  const auto poller = Make(source, 1ms, 1h);
  poller->Prepare();
  poller->Nudge();
  EXPECT_EQ(TextOf(metrics_).find("shop"), std::string::npos) << "its series would vanish again";
  poller->RequestStop();
  poller->Join();
  EXPECT_EQ(source.polls, 0);
}

// A poll that hangs in its upstream ends long after a reload has replaced its source, or removed it.
TEST_F(PollerTest, OneThatWasReplacedPublishesNothingAnyMore) {
  std::promise<void> answer;
  ScriptedSource source([&](int, std::stop_token) -> Result<PollResult> {
    answer.get_future().wait();
    return GaugeOf(1);
  });
  const auto poller = Run(source, 1h);
  WaitUntil([&] { return source.polls == 1; });
  poller->RequestStop();
  metrics_.RemoveSource("shop");
  answer.set_value();
  poller->Join();
  EXPECT_TRUE(board_.Read().empty());
  EXPECT_EQ(TextOf(metrics_).find("shop"), std::string::npos);
}

TEST_F(PollerTest, RejectedRowsAreInTheStatusAndLoggedWhenTheyBeginAndEnd) {
  std::atomic<int> bad{1};
  ScriptedSource source([&](int poll, std::stop_token) -> Result<PollResult> {
    PollResult result = GaugeOf(poll);
    result.rejected_rows = {{"bad_value", bad == 1 ? 3 : 0}, {"no_value", bad == 2 ? 1 : 0}};
    if (bad == 1) result.first_rejected = {{"bad_value", "'many' is not a number"}};
    return result;
  });
  ::testing::internal::CaptureStderr();
  const auto poller = Run(source);
  const auto polled_twice_more = [&] {
    WaitUntil([&, from = source.polls.load()] { return source.polls > from + 2; });
  };
  polled_twice_more();
  EXPECT_EQ(poller->status().rejected_rows, 3u);
  EXPECT_EQ(poller->status().rejected_reasons, std::vector<std::string>{"bad_value"});
  bad = 2;
  polled_twice_more();
  bad = 0;
  polled_twice_more();
  EXPECT_EQ(poller->status().rejected_rows, 0u);
  EXPECT_TRUE(poller->status().rejected_reasons.empty());
  poller->RequestStop();
  poller->Join();
  EXPECT_TRUE(log::Flush(30s));
  std::vector<std::string> said;
  std::istringstream lines(::testing::internal::GetCapturedStderr());
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("level=");
    if (line.find("reject") != std::string::npos) said.push_back(line.substr(at));
  }
  EXPECT_EQ(said, (std::vector<std::string>{
                      "level=warn msg=\"source rejects rows\" source=shop reason=bad_value rows=3 "
                      "first=\"'many' is not a number\"",
                      "level=warn msg=\"source rejects rows\" source=shop reason=no_value rows=1",
                      "level=info msg=\"source no longer rejects rows\" source=shop reason=bad_value",
                      "level=info msg=\"source no longer rejects rows\" source=shop reason=no_value"}));
}

TEST_F(PollerTest, RowsAreShownOnlyWhereTheSourceSaysThatTheyMayBe) {
  for (const bool open : {false, true}) {
    ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
      PollResult result = GaugeOf(poll);
      result.sample_rows = {"{\"customer\":\"Ann\"}"};
      return result;
    });
    source.shows_rows = open;
    const auto poller = Run(source, 1h);
    WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
    EXPECT_EQ(poller->status().shows_rows, open);
    EXPECT_EQ(board_.Rows().at("shop").rows->size(), open ? 1u : 0u);
  }
}

TEST_F(PollerTest, TroubleBesideAGoodAnswerIsCountedAndPublishedAllTheSame) {
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    PollResult result = GaugeOf(poll);
    result.trouble = Error{ErrorCode::kStore, "database is down"};
    return result;
  });
  const auto poller = Run(source);
  WaitUntil([&] { return poller->status().polls >= 2 && poller->status().failures >= 1; });
  WaitUntil([&] {
    return TextOf(metrics_).find("o2o_source_failures_total{source=\"shop\",reason=\"store\"} 0") ==
           std::string::npos;
  });
  EXPECT_TRUE(poller->status().troubled);
  EXPECT_EQ(poller->status().state, SourceStatus::State::kUp);
  EXPECT_EQ(board_.Read().size(), 1u);
}

TEST_F(PollerTest, StopEndsAPollInProgress) {
  ScriptedSource source([](int, std::stop_token stop) -> Result<PollResult> {
    while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
    return Fail(ErrorCode::kCancelled, "stopping");
  });
  auto poller = Run(source);
  WaitUntil([&] { return source.polls == 1; });
  poller->RequestStop();
  poller->Join();
  EXPECT_EQ(source.polls, 1);
  EXPECT_EQ(TextOf(metrics_).find("reason=\"cancelled\""), std::string::npos) << "a stop is not a failure";
  EXPECT_EQ(poller->status().failures, 0u);
}

TEST_F(PollerTest, NudgePollsWithoutWaitingForTheInterval) {
  ScriptedSource source([](int poll, std::stop_token) { return GaugeOf(poll); });
  const auto poller = Run(source, 1h);
  for (int polls = 1; polls <= 3; ++polls) {
    poller->Nudge();
    WaitUntil([&] { return source.polls >= polls; });
  }
}

TEST_F(PollerTest, NudgeEndsTheWaitAfterAFailure) {
  ScriptedSource source([](int poll, std::stop_token) -> Result<PollResult> {
    if (poll == 1) return Fail(ErrorCode::kStore, "down");
    return GaugeOf(poll);
  });
  const auto poller = Run(source, 1h);
  poller->Nudge();
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kFailing; });
  poller->Nudge();
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
}

TEST_F(PollerTest, RepairsAreCounted) {
  ScriptedSource source([](int poll, std::stop_token) {
    PollResult result = GaugeOf(poll);
    result.repaired = {{"mended", 3}};
    return result;
  });
  const auto poller = Run(source, 1h);
  poller->Nudge();
  WaitUntil([&] { return poller->status().state == SourceStatus::State::kUp; });
  WaitUntil([&] {
    return TextOf(metrics_).find("o2o_source_repaired_total{source=\"shop\",reason=\"mended\"} 3") !=
           std::string::npos;
  });
}

TEST_F(PollerTest, KnownLabelSetsExistFromTheStart) {
  ScriptedSource source([](int poll, std::stop_token) { return GaugeOf(poll); });
  const auto poller = Run(source, 15s, 45s);
  const std::string text = TextOf(metrics_);
  EXPECT_NE(text.find("o2o_source_polls_total{source=\"shop\"} "), std::string::npos);
  EXPECT_NE(text.find("o2o_source_failures_total{source=\"shop\",reason=\"timeout\"} 0"), std::string::npos);
  EXPECT_NE(text.find("o2o_source_repaired_total{source=\"shop\",reason=\"mended\"} 0"), std::string::npos);
  EXPECT_NE(text.find("o2o_source_rejected_rows_total{source=\"shop\",reason=\"odd_row\"} 0"),
            std::string::npos);
  EXPECT_NE(text.find("o2o_source_interval_seconds{source=\"shop\"} 15"), std::string::npos);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/reloads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr Millis kLong = 30s;

// A reload that ends when the test says so.
class ReloadsTest : public testing::Test {
 protected:
  bool Reload() {
    ++begun_;
    if (hangs_) released_.wait();
    return good_;
  }
  void Release() { release_.set_value(); }
  void WaitForBegun(int count) {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (begun_ < count && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    ASSERT_GE(begun_, count);
  }

  std::atomic<int> begun_{0};
  std::atomic<bool> good_{true};
  std::atomic<bool> hangs_{false};
  std::promise<void> release_;
  const std::shared_future<void> released_ = release_.get_future().share();
};

TEST_F(ReloadsTest, AnswersHowItWent) {
  Reloads reloads([this] { return Reload(); });
  EXPECT_EQ(reloads.AskAndWait(kLong), ReloadAnswer::kDone);
  good_ = false;
  EXPECT_EQ(reloads.AskAndWait(kLong), ReloadAnswer::kFailed);
  EXPECT_EQ(begun_, 2);
}

TEST_F(ReloadsTest, NobodyWaitsForOneThatHangs) {
  hangs_ = true;
  Reloads reloads([this] { return Reload(); });
  EXPECT_EQ(reloads.AskAndWait(1ms), ReloadAnswer::kRunning);
  WaitForBegun(1);
  for (int i = 0; i < 100; ++i) reloads.Ask();
  EXPECT_EQ(reloads.AskAndWait(1ms), ReloadAnswer::kRunning);
  EXPECT_EQ(begun_, 1) << "one at a time";
  Release();
}

TEST_F(ReloadsTest, OneWaitsAndTheOthersAreSentAway) {
  hangs_ = true;
  Reloads reloads([this] { return Reload(); });
  auto first = std::async(std::launch::async, [&] { return reloads.AskAndWait(kLong); });
  WaitForBegun(1);
  EXPECT_EQ(reloads.AskAndWait(kLong), ReloadAnswer::kBusy);
  hangs_ = false;
  Release();
  EXPECT_EQ(first.get(), ReloadAnswer::kDone);
}

TEST_F(ReloadsTest, AllWhoAskMeanwhileShareTheNextOne) {
  hangs_ = true;
  Reloads reloads([this] { return Reload(); });
  reloads.Ask();
  WaitForBegun(1);
  hangs_ = false;
  for (int i = 0; i < 1'000; ++i) reloads.Ask();
  Release();
  EXPECT_EQ(reloads.AskAndWait(kLong), ReloadAnswer::kDone);
  EXPECT_EQ(begun_, 2);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "unit/metrics/exposition_text.h"
#include "unit/metrics/run_command.h"

namespace o2o {
namespace {

using testing::FamiliesOf;
using testing::RunCommand;
using testing::ValueOf;

TEST(ProcessMetrics, AreThoseOfThisProcess) {
  const std::string text = ProcessText();
  const double now = UnixSeconds(SystemClock().Now());
  EXPECT_GT(ValueOf(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(ValueOf(text, "process_virtual_memory_bytes"), ValueOf(text, "process_resident_memory_bytes"));
  EXPECT_GE(ValueOf(text, "process_threads"), 1);
  EXPECT_GE(ValueOf(text, "process_open_fds"), 3);
  EXPECT_GT(ValueOf(text, "process_max_fds"), ValueOf(text, "process_open_fds"));
  EXPECT_LE(ValueOf(text, "process_start_time_seconds"), now + 2);
  EXPECT_GT(ValueOf(text, "process_start_time_seconds"), now - 3600);
  EXPECT_GE(ValueOf(text, "process_cpu_seconds_total"), 0);
}

TEST(ProcessMetrics, CountTheFilesThatAreOpen) {
  const double before = ValueOf(ProcessText(), "process_open_fds");
  const int fd = dup(0);
  EXPECT_EQ(ValueOf(ProcessText(), "process_open_fds"), before + 1);
  close(fd);
}

TEST(ProcessMetrics, CountCpuTimeAndMemoryThatWasUsed) {
  const std::string before = ProcessText();
  constexpr std::size_t kBytes = 64u << 20;
  const std::string used(kBytes, 'x');
  volatile double sum = 0;
  while (ValueOf(ProcessText(), "process_cpu_seconds_total") <
         ValueOf(before, "process_cpu_seconds_total") + 0.05) {
    for (int i = 0; i < 1'000'000; ++i) sum = sum + i;
  }
  EXPECT_GE(ValueOf(ProcessText(), "process_resident_memory_bytes"),
            ValueOf(before, "process_resident_memory_bytes") + kBytes / 2.0);
  EXPECT_EQ(used.back(), 'x');
}

TEST(ProcessMetrics, AreSortedAndCleanForPromtool) {
  const std::string text = ProcessText();
  const std::vector<std::string> names = FamiliesOf(text);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(names.size(), 7u);
  const auto result = RunCommand("promtool check metrics", text);
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "app/probe.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

using namespace std::chrono_literals;

Config Unreachable() {
  Config config;
  SourceConfig flags;
  flags.name = "flags";
  flags.timeout = 2s;
  JsonSourceConfig json;
  json.url = "http://127.0.0.1:1/flags";  // nobody listens on the port of tcpmux
  MetricConfig metric;
  metric.name = "flag";
  metric.help = "Flag.";
  metric.value_column = "on";
  json.mapping.metrics = {metric};
  flags.kind = json;
  config.sources = {flags, flags};
  config.sources[1].name = "other";
  return config;
}

TEST(ProbeTest, NamesTheSourcesThatThereAre) {
  const SystemClock clock;
  const ProbeReport report = Probe(Unreachable(), "nope", clock, {});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code, ErrorCode::kConfig);
  EXPECT_EQ(report.error->message, "no enabled source is named nope; there are flags, other");
  EXPECT_EQ(report.text, "");
  EXPECT_EQ(Probe({}, "nope", clock, {}).error->message, "no enabled source is named nope; there is none");
}

TEST(ProbeTest, NoAnswerIsAnError) {
  const SystemClock clock;
  const ProbeReport report = Probe(Unreachable(), "other", clock, {});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code, ErrorCode::kConnect);
  EXPECT_EQ(report.error->message, "GET http://127.0.0.1:1/flags: connection refused");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "metrics/exporter_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "metrics/catalogue.h"
#include "unit/metrics/exposition_text.h"
#include "unit/metrics/run_command.h"

namespace o2o {
namespace {

using testing::FamiliesOf;
using testing::RunCommand;
using testing::SamplesOf;
using testing::TextOf;
using testing::ValueOf;

PollOutcome Good() {
  PollOutcome outcome;
  outcome.up = true;
  outcome.duration_seconds = 0.125;
  outcome.rows = 10;
  outcome.series = 20;
  outcome.response_bytes = 3000;
  outcome.at = Timestamp(std::chrono::milliseconds(1700000000250));
  return outcome;
}

TEST(ExporterMetrics, EveryKnownLabelSetIsThereAtZero) {
  ExporterMetrics metrics;
  metrics.AddSource("orders", 15,
                    {{ErrorCode::kRefused, ErrorCode::kConnect}, {"bad_amount", "missing_id"}, {}});
  const std::string text = TextOf(metrics);
  EXPECT_EQ(SamplesOf(text, "o2o_source_failures_total"),
            "o2o_source_failures_total{source=\"orders\",reason=\"connect\"} 0\n"
            "o2o_source_failures_total{source=\"orders\",reason=\"refused\"} 0\n");
  EXPECT_EQ(SamplesOf(text, "o2o_source_rejected_rows_total"),
            "o2o_source_rejected_rows_total{source=\"orders\",reason=\"bad_amount\"} 0\n"
            "o2o_source_rejected_rows_total{source=\"orders\",reason=\"missing_id\"} 0\n");
  EXPECT_EQ(SamplesOf(text, "o2o_ingest_rows_total"),
            "o2o_ingest_rows_total{result=\"inserted\"} 0\n"
            "o2o_ingest_rows_total{result=\"rejected\"} 0\n"
            "o2o_ingest_rows_total{result=\"stale\"} 0\n"
            "o2o_ingest_rows_total{result=\"unchanged\"} 0\n"
            "o2o_ingest_rows_total{result=\"updated\"} 0\n");
  for (const char* name : {"up", "last_success_timestamp_seconds", "poll_duration_seconds", "rows", "series",
                           "response_bytes", "stale", "polls_total"}) {
    const std::string family = std::string("o2o_source_") + name;
    EXPECT_EQ(SamplesOf(text, family), family + "{source=\"orders\"} 0\n");
  }
  EXPECT_EQ(SamplesOf(text, "o2o_source_interval_seconds"),
            "o2o_source_interval_seconds{source=\"orders\"} 15\n");
  EXPECT_EQ(SamplesOf(text, "o2o_store_up"), "o2o_store_up 0\n");
  EXPECT_EQ(SamplesOf(text, "o2o_store_write_duration_seconds_count"),
            "o2o_store_write_duration_seconds_count 0\n");
}

TEST(ExporterMetrics, CountsPolls) {
  ExporterMetrics metrics;
  metrics.AddSource("orders", 15, {{}, {"missing_id"}, {}});
  metrics.PollStarted("orders");
  PollOutcome outcome = Good();
  outcome.rejected_rows = {{"missing_id", 2}};
  metrics.PollEnded("orders", outcome);
  std::string text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_source_up"), 1);
  EXPECT_EQ(ValueOf(text, "o2o_source_last_success_timestamp_seconds"), 1700000000.25);
  EXPECT_EQ(ValueOf(text, "o2o_source_poll_duration_seconds"), 0.125);
  EXPECT_EQ(ValueOf(text, "o2o_source_rows"), 10);
  EXPECT_EQ(ValueOf(text, "o2o_source_series"), 20);
  EXPECT_EQ(ValueOf(text, "o2o_source_response_bytes"), 3000);
  EXPECT_EQ(ValueOf(text, "o2o_source_polls_total"), 1);
  EXPECT_EQ(ValueOf(text, "o2o_source_rejected_rows_total"), 2);

  PollOutcome failed;
  failed.reason = ErrorCode::kTimeout;
  failed.duration_seconds = 10;
  metrics.PollStarted("orders");
  metrics.PollEnded("orders", failed);
  metrics.SetStale("orders", true);
  text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_source_up"), 0);
  EXPECT_EQ(ValueOf(text, "o2o_source_poll_duration_seconds"), 10);
  EXPECT_EQ(ValueOf(text, "o2o_source_last_success_timestamp_seconds"), 1700000000.25);
  EXPECT_EQ(ValueOf(text, "o2o_source_rows"), 10);
  EXPECT_EQ(ValueOf(text, "o2o_source_polls_total"), 2);
  EXPECT_EQ(ValueOf(text, "o2o_source_failures_total{source=\"orders\",reason=\"timeout\"}"), 1);
  EXPECT_EQ(ValueOf(text, "o2o_source_stale"), 1);
}

TEST(ExporterMetrics, CountsTroubleOfAGoodPollAndNothingOfACancelledOne) {
  ExporterMetrics metrics;
  metrics.AddSource("orders", 15, {});
  PollOutcome outcome = Good();
  outcome.trouble = ErrorCode::kStore;
  metrics.PollEnded("orders", outcome);
  PollOutcome cancelled;
  cancelled.reason = ErrorCode::kCancelled;
  metrics.PollEnded("orders", cancelled);
  const std::string text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_source_up"), 1);
  EXPECT_EQ(ValueOf(text, "o2o_source_failures_total{source=\"orders\",reason=\"store\"}"), 1);
  EXPECT_EQ(text.find("cancelled"), std::string::npos);
}

TEST(ExporterMetrics, EveryReasonIsCountedUnderItsOwnName) {
  for (const ErrorCode reason : AllReasons()) {
    for (const std::vector<ErrorCode>& declared : {std::vector<ErrorCode>{}, {reason}}) {
      ExporterMetrics metrics;
      metrics.AddSource("orders", 15, {declared, {}, {}});
      PollOutcome failed;
      failed.reason = reason;
      metrics.PollEnded("orders", failed);
      EXPECT_EQ(
          SamplesOf(TextOf(metrics), "o2o_source_failures_total"),
          "o2o_source_failures_total{source=\"orders\",reason=\"" + std::string(Name(reason)) + "\"} 1\n");
    }
  }
}

TEST(ExporterMetrics, AddingASourceAgainKeepsItsCounts) {
  ExporterMetrics metrics;
  metrics.AddSource("orders", 15, {});
  metrics.PollStarted("orders");
  metrics.AddSource("orders", 30, {});
  const std::string text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_source_polls_total"), 1);
  EXPECT_EQ(ValueOf(text, "o2o_source_interval_seconds"), 30);
}

TEST(ExporterMetrics, CountsRepairs) {
  ExporterMetrics metrics;
  metrics.AddSource("vendors", 15, {{}, {}, {"duplicate_key", "text"}});
  EXPECT_EQ(SamplesOf(TextOf(metrics), "o2o_source_repaired_total"),
            "o2o_source_repaired_total{source=\"vendors\",reason=\"duplicate_key\"} 0\n"
            "o2o_source_repaired_total{source=\"vendors\",reason=\"text\"} 0\n");
  PollOutcome outcome = Good();
  outcome.repaired = {{"duplicate_key", 0}, {"text", 2}};
  metrics.PollEnded("vendors", outcome);
  metrics.PollEnded("vendors", outcome);
  EXPECT_EQ(SamplesOf(TextOf(metrics), "o2o_source_repaired_total"),
            "o2o_source_repaired_total{source=\"vendors\",reason=\"duplicate_key\"} 0\n"
            "o2o_source_repaired_total{source=\"vendors\",reason=\"text\"} 4\n");
}

TEST(ExporterMetrics, ARemovedSourceIsGone) {
  ExporterMetrics metrics;
  metrics.AddSource("gone", 15, {{ErrorCode::kTimeout}, {"missing_id"}, {"text"}});
  metrics.AddSource("stays", 15, {{ErrorCode::kTimeout}, {"missing_id"}, {}});
  metrics.PollStarted("gone");
  metrics.PollEnded("gone", Good());
  metrics.RemoveSource("gone");
  const std::string text = TextOf(metrics);
  EXPECT_EQ(text.find("gone"), std::string::npos);
  EXPECT_EQ(ValueOf(text, "o2o_source_up"), 0);
  EXPECT_EQ(ValueOf(text, "o2o_source_failures_total{source=\"stays\",reason=\"timeout\"}"), 0);
}

TEST(ExporterMetrics, ReportsTheStore) {
  ExporterMetrics metrics;
  metrics.SetStoreUp(true);
  metrics.StoreWrote(0.004);
  metrics.StoreWrote(0.7);
  metrics.StoreWrote(100);
  metrics.IngestedRows(IngestedAs::kInserted, 5);
  metrics.IngestedRows(IngestedAs::kInserted, 6);
  const std::string text = TextOf(metrics);
  EXPECT_EQ(SamplesOf(text, "o2o_store_up"), "o2o_store_up 1\n");
  EXPECT_EQ(ValueOf(text, "o2o_ingest_rows_total{result=\"inserted\"}"), 11);
  EXPECT_EQ(SamplesOf(text, "o2o_store_write_duration_seconds_bucket"),
            "o2o_store_write_duration_seconds_bucket{le=\"0.005\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.01\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.025\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.05\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.1\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.25\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"0.5\"} 1\n"
            "o2o_store_write_duration_seconds_bucket{le=\"1.0\"} 2\n"
            "o2o_store_write_duration_seconds_bucket{le=\"2.5\"} 2\n"
            "o2o_store_write_duration_seconds_bucket{le=\"5.0\"} 2\n"
            "o2o_store_write_duration_seconds_bucket{le=\"10.0\"} 2\n"
            "o2o_store_write_duration_seconds_bucket{le=\"30.0\"} 2\n"
            "o2o_store_write_duration_seconds_bucket{le=\"+Inf\"} 3\n");
}

TEST(ExporterMetrics, ReportsConfigurationReloads) {
  ExporterMetrics metrics;
  metrics.ConfigLoaded(true, Timestamp(std::chrono::seconds(1700000000)));
  metrics.ConfigLoaded(false, Timestamp(std::chrono::seconds(1700000099)));
  const std::string text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_exporter_config_last_reload_successful"), 0);
  EXPECT_EQ(ValueOf(text, "o2o_exporter_config_last_reload_success_timestamp_seconds"), 1700000000);
  EXPECT_EQ(ValueOf(text, "o2o_exporter_build_info"), 1);
}

TEST(ExporterMetrics, IsSortedAndCleanForPromtool) {
  ExporterMetrics metrics;
  metrics.AddSource("orders \"a\\b\n\xff", 15, {{ErrorCode::kTimeout}, {"missing_id"}, {}});
  metrics.AddSource("vendors", 185, {});
  metrics.StoreWrote(0.1);
  const std::string text = TextOf(metrics);
  const std::vector<std::string> names = FamiliesOf(text);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_GT(names.size(), 15u);
  const auto result = RunCommand("promtool check metrics", text);
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(ExporterMetrics, IsRenderedAgainOnlyAfterAChange) {
  ExporterMetrics metrics;
  metrics.AddSource("a", 15, {{}, {"x"}, {}});
  const auto before = metrics.Read();
  EXPECT_EQ(metrics.Read(), before);
  const std::vector<std::function<void()>> changes = {
      [&] { metrics.AddSource("b", 15, {}); },
      [&] { metrics.RemoveSource("b"); },
      [&] { metrics.PollStarted("a"); },
      [&] { metrics.PollEnded("a", Good()); },
      [&] { metrics.SetStale("a", true); },
      [&] { metrics.SetStoreUp(true); },
      [&] { metrics.StoreWrote(0.1); },
      [&] { metrics.IngestedRows(IngestedAs::kInserted, 3); },
      [&] { metrics.ConfigLoaded(true, Timestamp(std::chrono::seconds(5))); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string was = TextOf(metrics);
    changes[i]();
    EXPECT_NE(TextOf(metrics), was) << "change " << i;
  }
  EXPECT_NE(metrics.Read(), before);
}

TEST(ExporterMetrics, MayBeUsedByManyThreads) {
  ExporterMetrics metrics;
  metrics.AddSource("a", 15, {{}, {"x"}, {}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      PollOutcome outcome = Good();
      outcome.rejected_rows = {{"x", 1}};
      for (int i = 0; i < 200; ++i) {
        metrics.PollStarted("a");
        metrics.PollEnded("a", outcome);
        metrics.StoreWrote(0.1);
        if (i % 20 == 0) (void)TextOf(metrics);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = TextOf(metrics);
  EXPECT_EQ(ValueOf(text, "o2o_source_polls_total"), 800);
  EXPECT_EQ(ValueOf(text, "o2o_source_rejected_rows_total"), 800);
  EXPECT_EQ(ValueOf(text, "o2o_store_write_duration_seconds_count"), 800);
}

}  // namespace
}  // namespace o2o

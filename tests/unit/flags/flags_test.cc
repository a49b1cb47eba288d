// SPDX-License-Identifier: Apache-2.0
#include "flags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/time_text.h"

namespace o2o {
namespace {

struct Parsed {
  std::optional<Flags> flags;
  int exit_code;
  std::string out, err;
};

Parsed Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "o2o-exporter");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  FlagsOrExit result = ParseFlags(static_cast<int>(arguments.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  std::string err = testing::internal::GetCapturedStderr();
  return {std::move(result.flags), result.exit_code, std::move(out), std::move(err)};
}

void ExpectUsageError(const std::vector<std::string>& arguments, const std::string& message) {
  const Parsed parsed = Parse(arguments);
  EXPECT_FALSE(parsed.flags);
  EXPECT_EQ(parsed.exit_code, 1);
  EXPECT_EQ(parsed.out, "");
  EXPECT_EQ(parsed.err, "o2o-exporter: " + message + "; see o2o-exporter --help\n");
}

TEST(FlagsTest, NothingServesByTheConfiguration) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{}, {"serve"}}) {
    const Parsed parsed = Parse(arguments);
    ASSERT_TRUE(parsed.flags);
    EXPECT_EQ(parsed.flags->command, Command::kServe);
    EXPECT_EQ(parsed.flags->config_file, "");
    EXPECT_FALSE(parsed.flags->config_check);
    EXPECT_EQ(parsed.flags->listen_address, std::nullopt);
    EXPECT_EQ(parsed.flags->max_requests, std::nullopt);
    EXPECT_EQ(parsed.flags->log_level, log::Level::kInfo);
    EXPECT_EQ(parsed.flags->log_format, log::Format::kLogfmt);
    EXPECT_EQ(parsed.flags->since, std::nullopt);
    EXPECT_EQ(parsed.out + parsed.err, "");
  }
}

TEST(FlagsTest, ReadsEveryFlag) {
  const Parsed parsed =
      Parse({"--config.file=a b.yml", "--config.check", "--web.listen-address", "127.0.0.1:0",
             "--web.max-requests=7", "--log.level", "debug", "--log.format=json"});
  ASSERT_TRUE(parsed.flags);
  EXPECT_EQ(parsed.flags->config_file, "a b.yml");
  EXPECT_TRUE(parsed.flags->config_check);
  EXPECT_EQ(parsed.flags->listen_address, "127.0.0.1:0");
  EXPECT_EQ(parsed.flags->max_requests, 7);
  EXPECT_EQ(parsed.flags->log_level, log::Level::kDebug);
  EXPECT_EQ(parsed.flags->log_format, log::Format::kJson);
}

TEST(FlagsTest, CommandsTakeTheCommonFlagsOnBothSides) {
  const Parsed ingest = Parse({"--log.level=warn", "ingest", "--since", "24h", "--config.file=x.yml"});
  ASSERT_TRUE(ingest.flags);
  EXPECT_EQ(ingest.flags->command, Command::kIngest);
  EXPECT_EQ(ingest.flags->since, Millis(std::chrono::hours(24)));
  EXPECT_EQ(ingest.flags->ingest_output, IngestOutput::kText);
  EXPECT_EQ(Parse({"ingest", "--since=1h", "--output=json"}).flags->ingest_output, IngestOutput::kJson);
  const Timestamp hours_ago = SystemClock().Now() - std::chrono::hours(5);
  const Parsed between = Parse(
      {"ingest", "--from=" + FormatTime(hours_ago), "--to", FormatTime(hours_ago + std::chrono::hours(1))});
  ASSERT_TRUE(between.flags) << between.err;
  EXPECT_EQ(between.flags->since, std::nullopt);
  EXPECT_EQ(between.flags->from, hours_ago);
  EXPECT_EQ(between.flags->to, hours_ago + std::chrono::hours(1));
  const Parsed history =
      Parse({"history", "--since=42d", "--step", "30s", "--label", "instance=a=b", "--label=region="});
  ASSERT_TRUE(history.flags) << history.err;
  EXPECT_EQ(history.flags->command, Command::kHistory);
  EXPECT_EQ(history.flags->since, Millis(std::chrono::days(42)));
  EXPECT_EQ(history.flags->step, Millis(30'000));
  EXPECT_EQ(history.flags->labels, (std::map<std::string, std::string>{
                                       {"instance", "a=b"}, {"job", "o2o-exporter"}, {"region", ""}}));
  EXPECT_EQ(ingest.flags->config_file, "x.yml");
  EXPECT_EQ(ingest.flags->log_level, log::Level::kWarn);
  EXPECT_EQ(Parse({"metrics"}).flags->command, Command::kMetrics);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"probe", "vendor-status", "--config.file=x.yml"},
        {"--config.file=x.yml", "probe", "vendor-status"},
        {"probe", "--config.file", "x.yml", "vendor-status"}}) {
    const Parsed probe = Parse(arguments);
    ASSERT_TRUE(probe.flags) << probe.err;
    EXPECT_EQ(probe.flags->command, Command::kProbe);
    EXPECT_EQ(probe.flags->source, "vendor-status");
    EXPECT_EQ(probe.flags->config_file, "x.yml");
  }
}

TEST(FlagsTest, MistakesAreReportedOnOneLine) {
  ExpectUsageError({"ingest"}, "ingest needs --since, like ingest --since 24h, or --from");
  ExpectUsageError(
      {"ingest", "--since=367d"},
      "--since: \"367d\" is too long, want at most 366d, the longest window that an OMS is asked for");
  ExpectUsageError({"ingest", "--since=1h", "--to=2026-11-20T10:00:00Z"},
                   "--since reaches back from now, --from and --to name times: want the one or the other");
  ExpectUsageError({"ingest", "--to=2026-11-20T10:00:00Z"},
                   "ingest needs --since, like ingest --since 24h, or --from");
  ExpectUsageError({"ingest", "--from=yesterday"},
                   "--from: \"yesterday\" is not a time, want one like 2026-11-28T09:00:00+07:00");
  ExpectUsageError(
      {"ingest", "--from=2026-11-20 10:00"},
      "--from: \"2026-11-20 10:00\" has no time zone, want one like 2026-11-28T09:00:00+07:00, or "
      "with a Z for UTC");
  ExpectUsageError({"ingest", "--from=2200-01-01T00:00:00Z"},
                   "--from: \"2200-01-01T00:00:00Z\" is in the future");
  ExpectUsageError({"ingest", "--from=2001-01-01T00:00:00Z"},
                   "--from: \"2001-01-01T00:00:00Z\" is too long ago, want at most 366d, the longest window "
                   "that an OMS is asked for");
  const std::string hour_ago = FormatTime(SystemClock().Now() - std::chrono::hours(1));
  ExpectUsageError({"ingest", "--from=" + hour_ago, "--to=" + hour_ago},
                   "--to: \"" + hour_ago + "\" is not after --from");
  ExpectUsageError({"history", "--since=1d", "--from=2026-11-20T10:00:00Z"},
                   "--from belongs to ingest, like ingest --from 2026-11-28T09:00:00+07:00");
  ExpectUsageError({"ingest", "--since=soon"},
                   "--since: \"soon\" is not a duration, want one like 90m, 24h or 7d");
  ExpectUsageError({"ingest", "--since=999ms"}, "--since: \"999ms\" is too short, want at least 1s");
  ExpectUsageError({"ingest", "--since=11y"}, "--since: \"11y\" is too long, want at most 10y");
  ExpectUsageError({"ingest", "--since=1h", "--output=xml"},
                   "--output: \"xml\" is not a format, want text or json");
  ExpectUsageError({"history", "--since=1d", "--output=json"},
                   "--output belongs to ingest, like ingest --since 24h --output json");
  ExpectUsageError({"history"}, "history needs --since, like history --since 42d");
  for (const std::string step : {"0s", "500ms", "90500ms", "6m", "often"}) {
    ExpectUsageError(
        {"history", "--since=1d", "--step=" + step},
        "--step: \"" + step + "\" is not whole seconds, want at least 1s and at most 5m, like 1m");
  }
  ExpectUsageError({"ingest", "--since=1d", "--step=1m"},
                   "--step belongs to history, like history --since 42d");
  ExpectUsageError({"--label=a=b"}, "--label belongs to history, like history --since 42d");
  ExpectUsageError({"history", "--since=1d", "--label=region"},
                   "--label: \"region\" has no value, want NAME=VALUE, like instance=exporter:9847");
  ExpectUsageError(
      {"history", "--since=1d", "--label==x"},
      "--label: \"\" is not a label name, want at most 200 letters, digits and _, not beginning with "
      "a digit");
  ExpectUsageError({"history", "--since=1d", "--label=status=x"},
                   "--label: status is the metrics' own, want a label of the target, like instance");
  ExpectUsageError({"history", "--since=1d", "--label=a=1", "--label", "a=2"}, "--label: a appears twice");
  ExpectUsageError({"--since", "24h"}, "--since belongs to ingest and history, like ingest --since 24h");
  ExpectUsageError({"serve", "--since=24h"},
                   "--since belongs to ingest and history, like ingest --since 24h");
  ExpectUsageError({"--log.level=loud"},
                   "--log.level: \"loud\" is not a level, want debug, info, warn or error");
  ExpectUsageError({"--log.format=xml"}, "--log.format: \"xml\" is not a format, want logfmt or json");
  ExpectUsageError({"--web.listen-address=9847"},
                   "--web.listen-address: \"9847\" has no port, want [host]:port like :9847");
  for (const char* number : {"0", "1001", "99999999999", "1e2", "-1", "x", "07"}) {
    ExpectUsageError({std::string("--web.max-requests=") + number},
                     std::string("--web.max-requests: \"") + number +
                         "\" is not such a number, want a whole number from 1 to 1000");
  }
  ExpectUsageError({"probe"}, "probe needs the name of a source, like probe vendor-status");
  ExpectUsageError({"probe", ""}, "probe needs the name of a source, like probe vendor-status");
  ExpectUsageError({"probe", "a", "b"}, "\"b\" is neither a flag nor a command");
  ExpectUsageError({"probe", "a", "--since=1h"},
                   "--since belongs to ingest and history, like ingest --since 24h");
  ExpectUsageError({"vendor-status", "probe"}, "\"vendor-status\" is neither a flag nor a command");
  ExpectUsageError({"run"}, "\"run\" is neither a flag nor a command");
  ExpectUsageError({"serve", "metrics"}, "\"metrics\" is neither a flag nor a command");
  ExpectUsageError({"--config.fil=x"}, "\"--config.fil\" is neither a flag nor a command");
  ExpectUsageError({"--x\n\x1B[2J"}, "\"--x  [2J\" is neither a flag nor a command");
}

TEST(FlagsTest, ValueOfAnUnknownFlagIsNotRepeated) {
  EXPECT_EQ(Parse({"--pg.dsn=host=db password=hunter2"}).err.find("hunter2"), std::string::npos);
}

TEST(FlagsTest, RefusesWhatTheLibraryRefuses) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--config.file"},
                                                    {"--config.file="},
                                                    {"--log.level=info", "--log.level=warn"},
                                                    {"--config.check=maybe"},
                                                    {"ingest", "--since"}}) {
    const Parsed parsed = Parse(arguments);
    EXPECT_EQ(parsed.exit_code, 1);
    EXPECT_EQ(std::count(parsed.err.begin(), parsed.err.end(), '\n'), 1) << parsed.err;
  }
}

TEST(FlagsTest, HelpTeaches) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"-h"}, {"ingest", "--help"}, {"--bad", "--help"}}) {
    const Parsed parsed = Parse(arguments);
    EXPECT_FALSE(parsed.flags);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_EQ(parsed.err, "");
    for (const char* word : {"OMS_URL",
                             "OMS_API_KEY",
                             "PG_DSN",
                             "METABASE_URL",
                             "METABASE_USERNAME",
                             "METABASE_PASSWORD",
                             "METABASE_API_KEY",
                             "QUESTION_ID_DISCOUNT_STOCK",
                             "QUESTION_ID_VENDOR_STATUS",
                             "QUESTION_ID_VENDOR_PRODUCT_STATUS",
                             "DISCOUNT_STOCK_JOB_INTERVAL",
                             "VENDOR_STATUS_JOB_INTERVAL",
                             "VENDOR_PRODUCT_STATUS_JOB_INTERVAL",
                             "APP_PORT",
                             "serve",
                             "probe NAME",
                             "ingest --since 24h",
                             "history --since 42d",
                             "metrics",
                             "--config.file",
                             "--config.check",
                             "--web.listen-address",
                             "--web.max-requests",
                             "--log.level",
                             "--log.format",
                             "--since",
                             "--help",
                             "--version",
                             "/metrics",
                             "/api/v1/sources",
                             "/health",
                             "/ready",
                             "/-/healthy",
                             "/-/ready",
                             "/-/reload",
                             "Exit status",
                             "docs/configuration.md",
                             "CONTRIBUTING.md"}) {
      EXPECT_NE(parsed.out.find(word), std::string::npos) << word;
    }
  }
}

TEST(FlagsTest, VersionLooksLikeAnExporters) {
  const Parsed parsed = Parse({"--version"});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_TRUE(parsed.out.starts_with("o2o-exporter, version ")) << parsed.out;
  EXPECT_EQ(parsed.out.back(), '\n');
}

}  // namespace
}  // namespace o2o

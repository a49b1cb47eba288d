// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <span>
#include <stop_token>
#include <system_error>
#include <thread>

#include "app/app.h"
#include "app/history.h"
#include "app/ingest.h"
#include "app/probe.h"
#include "base/log.h"
#include "base/process.h"
#include "base/redaction.h"
#include "base/time_text.h"
#include "blocked_signals.h"
#include "command_output.h"
#include "config/config_loader.h"
#include "http/curl_http_client.h"
#include "json/json_writer.h"
#include "metrics/catalogue.h"
#include "orders/order.h"
#include "progress_line.h"
#include "service.h"
#include "sources/mapped_source.h"
#include "sources/source_kinds.h"
#include "watchdog.h"

namespace o2o {
namespace {

LoadedConfig LoadConfig(const Flags& flags) {
  // (Without a subcommand there is no source.)
  const ConfigLoader loader(SourceKinds(), ProcessEnvironment(), flags.source);
  const std::string file = flags.config_file.empty() ? FindConfig() : flags.config_file;
  return file.empty() ? loader.LoadText(DefaultConfigText(), "default.yml", ".") : loader.LoadFile(file);
}

void PrintErrors(const ConfigErrors& errors) {
  for (const std::string& line : errors.lines) PrintErr(line + "\n");
}

// The result of ingest as one line of JSON for scripts, even if nothing was stored.
void PrintIngestJson(const CaughtUp& caught_up, const std::optional<Error>& error, bool ingested) {
  const IngestResult& rows = caught_up.rows;
  JsonWriter json;
  json.StartObject().Text("result", !error ? "complete" : ingested ? "incomplete" : "failed");
  for (const auto& [name, count] : {std::pair{"inserted", rows.inserted},
                                    {"updated", rows.updated},
                                    {"unchanged", rows.unchanged},
                                    {"stale", rows.stale},
                                    {"rejected", rows.rejected}})
    json.Raw(name, std::to_string(count));
  if (caught_up.back_to) json.Text("back_to", FormatTime(*caught_up.back_to));
  if (error) json.Text("reason", Name(error->code)).Text("error", redaction::Mask(error->message));
  json.EndObject();
  PrintOut(json.text() + "\n");
}

void PrintCounts(const IngestResult& rows) {
  PrintOut("inserted " + std::to_string(rows.inserted) + ", updated " + std::to_string(rows.updated) +
           ", unchanged " + std::to_string(rows.unchanged) + ", stale " + std::to_string(rows.stale) +
           ", rejected " + std::to_string(rows.rejected) + "\n");
}

constexpr int kIncomplete =
    3;  // exit status of ingest: some orders are stored, but not all that were requested

int Ingest(const Flags& flags, const Config& config, const sigset_t& signals) {
  std::stop_source stop;
  ProgressLine line(isatty(STDERR_FILENO) != 0);
  // Ctrl-C ends the request in progress; a page that is being stored is finished or rolled back by the
  // database. What is rolled back is not stored, so unlike the server's, this end is a failure.
  const std::jthread interrupts([signals, &stop, &line](const std::stop_token& over) {
    sigset_t set = signals;
    sigdelset(&set, SIGHUP);
    const std::stop_callback wake(over, [self = pthread_self()] { pthread_kill(self, SIGTERM); });
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || over.stop_requested()) return;
    line.End();
    StartWatchdog(1, "ingest interrupted: exiting now, uncommitted orders are not stored");
    stop.request_stop();
  });

  const SystemClock clock;
  const auto result = RunIngest(
      config, {flags.since.value_or(Millis{0}), flags.from, flags.to}, clock,
      [&](const CatchUpStage& stage) { line.Show(stage); }, stop.get_token());
  line.End();
  const bool ingested = result.has_value();
  const std::optional<Error> error = ingested ? result->missing : std::optional(result.error());
  if (flags.ingest_output == IngestOutput::kJson) {
    PrintIngestJson(ingested ? *result : CaughtUp{}, error, ingested);
  } else if (ingested) {
    PrintCounts(result->rows);
  }
  if (!error) return 0;
  std::fflush(stdout);
  log::Error(ingested ? "ingest is incomplete" : "ingest failed",
             {{"reason", std::string(Name(error->code))}, {"error", error->message}});
  return ingested ? kIncomplete : 1;
}

int PrintHistory(const Flags& flags, const Config& config) {
  const SystemClock clock;
  const auto write = [](std::string_view lines) {
    PrintOut(std::string(lines));
    return std::ferror(stdout) == 0;
  };
  const auto written = WriteHistory(config, {*flags.since, flags.step, flags.labels}, clock, write, {});
  if (written) return 0;
  PrintErr("o2o-exporter: " + std::string(Name(written.error().code)) + ": " + written.error().message +
           "\n");
  return 1;
}

int PrintProbe(const Flags& flags, const Config& config) {
  const SystemClock clock;
  const ProbeReport report = Probe(config, flags.source, clock, {});
  PrintOut(report.text);
  if (!report.error) return 0;
  PrintErr("o2o-exporter: " + flags.source + ": " + std::string(Name(report.error->code)) + ": " +
           report.error->message + "\n");
  return 1;
}

// The families that the shipped configuration makes of questions, whatever the environment is.
std::vector<MetricDesc> ShippedMetrics() {
  const ConfigLoader loader(SourceKinds(), [](const std::string& name) -> std::optional<std::string> {
    if (name == "METABASE_URL") return "http://metabase.example";
    if (name == "METABASE_API_KEY") return "not asked";
    return std::nullopt;
  });
  std::vector<MetricDesc> descs;
  const auto config = loader.LoadText(DefaultConfigText(), "default.yml", ".");
  if (!config) return descs;
  for (const SourceConfig& source : (*config)->sources) {
    const auto* mapped = dynamic_cast<const MappedSourceConfig*>(source.kind_config.get());
    if (mapped == nullptr) continue;
    for (const MetricConfig& metric : mapped->mapping.metrics) {
      MetricDesc desc{metric.name, metric.type, {}, metric.help};
      for (const LabelFrom& label : metric.labels) desc.labels.push_back(label.label);
      descs.push_back(std::move(desc));
    }
  }
  return descs;
}

template <typename E>
std::vector<std::string> Names(std::span<const E> values) {
  std::vector<std::string> names;
  for (const E value : values) names.emplace_back(Name(value));
  return names;
}

std::vector<catalogue::ClosedLabel> ClosedLabels() {
  std::vector<std::string> rejected = Names(AllRejectReasons());
  for (const std::string& reason : MappedRejectReasons()) rejected.push_back(reason);
  return {{catalogue::kSourceFailures, "reason", Names(AllReasons())},
          {catalogue::kSourceRejectedRows, "reason", std::move(rejected)},
          {catalogue::kSourceRepaired, "reason", MappedRepairReasons()},
          {catalogue::kIngestRows, "result", Names(AllIngestedAs())}};
}

void PrintMetrics() {
  const std::string text =
      catalogue::MarkdownTable(ShippedMetrics()) +
      "\nLabels whose values are a closed set; a source has those that its kind can have:\n\n" +
      catalogue::MarkdownValues(ClosedLabels());
  PrintOut(text);
}

constexpr const char* kNothingToDo =
    "no source is enabled: set OMS_URL, OMS_API_KEY and PG_DSN, or METABASE_URL and METABASE_API_KEY (or "
    "METABASE_USERNAME and METABASE_PASSWORD), or name sources in --config.file";

// The order store is read even if other programs write to it.
bool HasNothingToDo(const Config& config) { return config.sources.empty() && !config.store; }

LoadedConfig LoadToServe(const Flags& flags) {
  LoadedConfig config = LoadConfig(flags);
  if (config && HasNothingToDo(**config)) return tl::unexpected<ConfigErrors>(ConfigErrors{{kNothingToDo}});
  return config;
}

int RunCommand(const Flags& flags) {
  if (!flags.core_dumps) ForbidCoreDumps();
  if (flags.command == Command::kMetrics) {
    PrintMetrics();
    return 0;
  }
  const bool serves = flags.command == Command::kServe && !flags.config_check;
  if (serves) BlockHangup();
  auto config = LoadConfig(flags);
  if (!config) {
    PrintErrors(config.error());
    return 1;
  }
  if (flags.command != Command::kProbe && HasNothingToDo(**config)) {
    PrintErr("o2o-exporter: " + std::string(kNothingToDo) + "\n");
    return 1;
  }
  if (flags.config_check) {
    for (const std::string& line : (*config)->warnings) PrintErr("warning: " + line + "\n");
    PrintOut("configuration ok\n");
    return 0;
  }
  InitHttp();
  if (flags.command == Command::kProbe)
    return PrintProbe(flags, **config);  // before signals are blocked: Ctrl-C ends it
  if (flags.command == Command::kHistory) return PrintHistory(flags, **config);
  const sigset_t signals = BlockSignals();
  if (flags.command == Command::kIngest) return Ingest(flags, **config, signals);
  return Serve(
      flags, std::move(*config), [&flags] { return LoadToServe(flags); }, signals);
}

}  // namespace

int Run(const Flags& flags) {
  log::Configure(flags.log_level, flags.log_format);
  try {
    return RunCommand(flags);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) throw;
    log::Error("cannot start a thread, raise the limit of threads (ulimit -u, TasksMax)",
               {{"error", error.what()}});
    return 1;
  }
}

}  // namespace o2o

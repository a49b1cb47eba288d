// SPDX-License-Identifier: Apache-2.0
#include "flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "app/page_asker.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/time_text.h"
#include "config/listen_address.h"
#include "config/metric_names.h"

namespace o2o {
namespace {

constexpr std::string_view kHelp =
    R"(o2o-exporter polls an order management system (OMS), questions of a Metabase and any JSON endpoint, keeps every
order exactly once in PostgreSQL, and publishes what it knows as Prometheus metrics.

Usage:
  o2o-exporter [COMMAND] [FLAGS]

Start it with the configuration that is built in, by these variables alone. Set OMS_*, METABASE_* or both:
  OMS_URL                             base URL of the OMS; unset turns the orders source off
  OMS_API_KEY                         sent to the OMS as x-api-key
  PG_DSN                              where PostgreSQL is: host=... dbname=... user=..., or postgresql://...;
                                      only orders need it
  METABASE_URL                        base URL of the Metabase; unset turns its three questions off
  METABASE_USERNAME                   a user, with
  METABASE_PASSWORD                   its password; or
  METABASE_API_KEY                    an API key, which then is used alone
  QUESTION_ID_VENDOR_STATUS           number of the question behind vendor_online (7163)
  QUESTION_ID_VENDOR_PRODUCT_STATUS   ... behind vendor_products (7196)
  QUESTION_ID_DISCOUNT_STOCK          ... behind vendor_discount_stock (7179)
  VENDOR_STATUS_JOB_INTERVAL          from poll to poll, in seconds or like 3m (185)
  VENDOR_PRODUCT_STATUS_JOB_INTERVAL  the same (190)
  DISCOUNT_STOCK_JOB_INTERVAL         the same (180)
  APP_PORT                            port to listen on (9847)

  OMS_URL=http://oms.example:8080 OMS_API_KEY=... PG_DSN='host=/run/postgresql dbname=o2o' o2o-exporter
  METABASE_URL=http://metabase.example:3000 METABASE_API_KEY=... o2o-exporter

Commands:
  serve               poll and serve until SIGTERM or SIGINT (the default); SIGHUP reloads the configuration
  probe NAME          poll that source once and print the metrics it would publish, a sample of its rows, its columns,
                      the rows that were rejected and why; changes nothing and needs no database
  ingest --since 24h  take in the orders of that time once, and end: to fill gaps, and for batch jobs; window after
                      window, each further back; after an interruption the next run continues where it ended
  history --since 42d print the counters of orders as PostgreSQL knows their past, as OpenMetrics with timestamps, for
                      promtool tsdb create-blocks-from openmetrics: rules that compare with past weeks need no weeks
  metrics             print every metric with its type, labels and meaning, and the values of closed labels

Flags:
  --config.file=PATH             the configuration, YAML (/etc/o2o-exporter/o2o-exporter.yml if there is one,
                                 else the one built in)
  --config.check                 report every mistake of the configuration, and exit
  --web.listen-address=ADDRESS   [host]:port, instead of the configuration's web.listen_address (:9847)
  --web.max-requests=N           scrapes of /metrics answered at once, instead of the configuration's web.max_requests (40)
  --log.level=LEVEL              debug, info, warn or error (info)
  --log.format=FORMAT            logfmt or json (logfmt)
  --debug.core-dumps             let a crash leave a core dump; it holds keys and passwords
  --since=DURATION               of ingest and history: how far to reach back, like 90m, 24h or 42d
  --from=TIME, --to=TIME         of ingest, instead of --since: the orders that last changed between these, like
                                 2026-11-28T09:00:00+07:00; without --to, up to now
  --output=FORMAT                of ingest: text, or json for scripts: one line, also when it fails (text)
  --step=DURATION                of history: from sample to sample (1m)
  --label=NAME=VALUE             of history: a label that Prometheus gives the exporter's series, like instance or
                                 region; as often as needed (job=o2o-exporter)
  --help, -h                     print this
  --version                      print the version

It answers on http://localhost:9847:
  /metrics                       for Prometheus
  /                              what each source is doing, for people
  /api/v1/sources                the same as JSON
  /api/NAME                      the last rows of source NAME as JSON; not of orders, which name customers
  /api/vendor-codes              the codes of all vendors that the sources name, as JSON
  /runbooks/NAME                 what to do about the alert NAME; /runbooks/ lists them
  /health, /ready                JSON with checks
  /-/healthy, /-/ready           for probes
  POST /-/reload                 apply a changed configuration, whole or not at all

Exit status: 0 on success, 1 on failure, 3 where ingest took something in, but not everything: the OMS did not show
it, failed, or the run was interrupted; the reason is printed to stderr.

To add a Metabase question or a JSON endpoint, write a few lines of YAML: docs/configuration.md. To add a kind of
source, write a unit (.h, .cc) in exporter/src/sources, its test and a line in source_kinds.cc there: CONTRIBUTING.md.
)";

// One line without anything that moves a terminal's cursor: arguments may come from anywhere.
std::string OneLine(std::string_view text) {
  std::string line = RepairUtf8(text);
  std::replace_if(line.begin(), line.end(), IsControl, ' ');
  return line;
}

FlagsOrExit Exit(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {std::nullopt, std::fflush(stdout) == 0 ? 0 : 1};
}

FlagsOrExit UsageError(std::string_view problem) {
  std::fprintf(stderr, "o2o-exporter: %s; see o2o-exporter --help\n", OneLine(problem).c_str());
  return {std::nullopt, 1};
}

// Names one unknown argument, without what follows a =, since that may be a secret.
std::string UnknownArgument(const std::vector<std::string>& remaining) {
  const auto flag = std::find_if(remaining.begin(), remaining.end(),
                                 [](const std::string& argument) { return argument.starts_with('-'); });
  const std::string& argument = flag != remaining.end() ? *flag : remaining.at(0);
  if (argument.starts_with("--output"))
    return "--output belongs to ingest, like ingest --since 24h --output json";
  if (argument.starts_with("--since"))
    return "--since belongs to ingest and history, like ingest --since 24h";
  if (argument.starts_with("--from") || argument.starts_with("--to"))
    return argument.substr(0, argument.find('=')) +
           " belongs to ingest, like ingest --from 2026-11-28T09:00:00+07:00";
  if (argument.starts_with("--step") || argument.starts_with("--label"))
    return argument.substr(0, argument.find('=')) + " belongs to history, like history --since 42d";
  return "\"" + argument.substr(0, argument.find('=')) + "\" is neither a flag nor a command";
}

// Filled by the library, as texts; Interpret() says what they mean.
struct Arguments {
  std::string level = "info";
  std::string format = "logfmt";
  std::string listen_address;
  std::string max_requests;
  std::string since;
  std::string from;
  std::string to;
  std::string output = "text";
  std::string step = "1m";
  std::vector<std::string> labels;
  std::string source;
};

// The first argument that is wrong, as one sentence; nothing if all are right.
std::optional<std::string> Interpret(const Arguments& arguments, Flags& flags) {
  static constexpr std::pair<std::string_view, log::Level> kLevels[] = {{"debug", log::Level::kDebug},
                                                                        {"info", log::Level::kInfo},
                                                                        {"warn", log::Level::kWarn},
                                                                        {"error", log::Level::kError}};
  const auto* level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                   [&](auto& l) { return l.first == arguments.level; });
  if (level == std::end(kLevels)) {
    return "--log.level: \"" + arguments.level + "\" is not a level, want debug, info, warn or error";
  }
  flags.log_level = level->second;
  if (arguments.format != "logfmt" && arguments.format != "json") {
    return "--log.format: \"" + arguments.format + "\" is not a format, want logfmt or json";
  }
  flags.log_format = arguments.format == "json" ? log::Format::kJson : log::Format::kLogfmt;
  if (flags.listen_address) {
    if (const auto problem = ListenAddressProblem(*flags.listen_address)) {
      return "--web.listen-address: \"" + *flags.listen_address + "\" " + *problem;
    }
  }
  return std::nullopt;
}

std::optional<std::string> InterpretMaxRequests(const std::string& text, Flags& flags) {
  const bool number = !text.empty() && text.size() <= 4 && text[0] != '0' &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!number || std::stoi(text) > 1'000) {
    return "--web.max-requests: \"" + text + "\" is not such a number, want a whole number from 1 to 1000";
  }
  flags.max_requests = std::stoi(text);
  return std::nullopt;
}

std::optional<std::string> InterpretSince(const std::string& text, Flags& flags) {
  using namespace std::chrono_literals;
  flags.since = ParseDuration(text);
  if (!flags.since) return "--since: \"" + text + "\" is not a duration, want one like 90m, 24h or 7d";
  if (*flags.since < 1s) return "--since: \"" + text + "\" is too short, want at least 1s";
  if (*flags.since > std::chrono::days(3'650))
    return "--since: \"" + text + "\" is too long, want at most 10y";
  return std::nullopt;
}

constexpr std::string_view kIngestTooLong = "want at most 366d, the longest window that an OMS is asked for";

std::optional<std::string> InterpretTime(const std::string& flag, const std::string& text,
                                         std::optional<Timestamp>& time) {
  const auto read = ReadTime(text, TimeZone());
  if (!read) return flag + ": \"" + text + "\" is not a time, want one like 2026-11-28T09:00:00+07:00";
  if (read->zone_assumed)
    return flag + ": \"" + text +
           "\" has no time zone, want one like 2026-11-28T09:00:00+07:00, or with a Z for UTC";
  if (read->time > SystemClock().Now()) return flag + ": \"" + text + "\" is in the future";
  time = read->time;
  return std::nullopt;
}

std::optional<std::string> InterpretRange(const Arguments& arguments, Flags& flags) {
  if (arguments.since.empty() && arguments.from.empty())
    return "ingest needs --since, like ingest --since 24h, or --from";
  if (!arguments.since.empty()) {
    if (!arguments.from.empty() || !arguments.to.empty())
      return "--since reaches back from now, --from and --to name times: want the one or the other";
    if (auto problem = InterpretSince(arguments.since, flags)) return problem;
    if (*flags.since > kLongestWindow)
      return "--since: \"" + arguments.since + "\" is too long, " + std::string(kIngestTooLong);
    return std::nullopt;
  }
  if (auto problem = InterpretTime("--from", arguments.from, flags.from)) return problem;
  if (*flags.from < SystemClock().Now() - kLongestWindow)
    return "--from: \"" + arguments.from + "\" is too long ago, " + std::string(kIngestTooLong);
  if (arguments.to.empty()) return std::nullopt;
  if (auto problem = InterpretTime("--to", arguments.to, flags.to)) return problem;
  if (*flags.to <= *flags.from) return "--to: \"" + arguments.to + "\" is not after --from";
  return std::nullopt;
}

std::optional<std::string> InterpretOutput(const std::string& text, Flags& flags) {
  if (text != "text" && text != "json")
    return "--output: \"" + text + "\" is not a format, want text or json";
  flags.ingest_output = text == "json" ? IngestOutput::kJson : IngestOutput::kText;
  return std::nullopt;
}

std::optional<std::string> InterpretStep(const std::string& text, Flags& flags) {
  using namespace std::chrono_literals;
  const auto step = ParseDuration(text);
  if (!step || *step < 1s || *step > 5min || *step % 1s != 0s)
    return "--step: \"" + text + "\" is not whole seconds, want at least 1s and at most 5m, like 1m";
  flags.step = *step;
  return std::nullopt;
}

std::optional<std::string> InterpretLabels(const std::vector<std::string>& texts, Flags& flags) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos)
      return "--label: \"" + text + "\" has no value, want NAME=VALUE, like instance=exporter:9847";
    if (const auto problem = LabelNameProblem(name)) return "--label: \"" + name + "\" " + *problem;
    if (name == "order_type" || name == "status")
      return "--label: " + name + " is the metrics' own, want a label of the target, like instance";
    if (!flags.labels.emplace(name, text.substr(equals + 1)).second)
      return "--label: " + name + " appears twice";
  }
  flags.labels.emplace("job", "o2o-exporter");  // where it was not given
  return std::nullopt;
}

FlagsOrExit Parse(int argc, char** argv) {
  Flags flags;
  Arguments arguments;
  CLI::App app;
  app.set_help_flag("-h,--help");
  app.set_version_flag("--version", "o2o-exporter, version " O2O_VERSION);
  app.require_subcommand(0, 1);
  app.add_option("--config.file", flags.config_file);
  app.add_flag("--config.check", flags.config_check);
  CLI::Option* listen_address = app.add_option("--web.listen-address", arguments.listen_address);
  CLI::Option* max_requests = app.add_option("--web.max-requests", arguments.max_requests);
  app.add_option("--log.level", arguments.level);
  app.add_option("--log.format", arguments.format);
  app.add_flag("--debug.core-dumps", flags.core_dumps);
  app.add_subcommand("serve")->fallthrough();
  CLI::App* probe = app.add_subcommand("probe")->fallthrough();
  probe->add_option("source", arguments.source);
  CLI::App* ingest = app.add_subcommand("ingest")->fallthrough();
  ingest->add_option("--since", arguments.since);
  ingest->add_option("--from", arguments.from);
  ingest->add_option("--to", arguments.to);
  ingest->add_option("--output", arguments.output);
  CLI::App* history = app.add_subcommand("history")->fallthrough();
  CLI::Option* history_since = history->add_option("--since", arguments.since);
  history->add_option("--step", arguments.step);
  history->add_option("--label", arguments.labels)->expected(1)->take_all();
  CLI::App* metrics = app.add_subcommand("metrics")->fallthrough();

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Exit(kHelp);
  } catch (const CLI::CallForVersion& version) {
    return Exit(std::string(version.what()) + "\n");
  } catch (const CLI::ExtrasError&) {
    return UsageError(UnknownArgument(app.remaining(true)));
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }

  if (listen_address->count() > 0) flags.listen_address = arguments.listen_address;
  std::optional<std::string> problem = Interpret(arguments, flags);
  if (!problem && max_requests->count() > 0) problem = InterpretMaxRequests(arguments.max_requests, flags);
  if (probe->parsed()) {
    flags.command = Command::kProbe;
    flags.source = arguments.source;
    if (!problem && flags.source.empty())
      problem = "probe needs the name of a source, like probe vendor-status";
  } else if (ingest->parsed()) {
    flags.command = Command::kIngest;
    if (!problem) problem = InterpretRange(arguments, flags);
    if (!problem) problem = InterpretOutput(arguments.output, flags);
  } else if (history->parsed()) {
    flags.command = Command::kHistory;
    if (!problem && history_since->count() == 0) problem = "history needs --since, like history --since 42d";
    if (!problem) problem = InterpretSince(arguments.since, flags);
    if (!problem) problem = InterpretStep(arguments.step, flags);
    if (!problem) problem = InterpretLabels(arguments.labels, flags);
  } else if (metrics->parsed()) {
    flags.command = Command::kMetrics;
  }
  if (problem) return UsageError(*problem);
  return {std::move(flags), 0};
}

}  // namespace

FlagsOrExit ParseFlags(int argc, char** argv) {
  try {
    return Parse(argc, argv);
  } catch (const std::exception& error) {
    return UsageError(error.what());
  }
}

}  // namespace o2o

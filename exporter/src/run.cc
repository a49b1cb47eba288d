// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/app.h"
#include "app/ingest.h"
#include "app/probe.h"
#include "base/log.h"
#include "config/config_loader.h"
#include "http/curl_http_client.h"
#include "metrics/catalogue.h"
#include "progress_line.h"
#include "sources/mapped_source.h"
#include "sources/source_kinds.h"
#include "web/pages.h"
#include "web/web_server.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// A stop takes at most this long, whatever an upstream, the database or a client does: less than the 5 s we
// promise.
constexpr auto kStopDeadline = 4500ms;

tl::expected<ValidatedConfig, ConfigErrors> LoadConfig(const Flags& flags) {
  // (Without a subcommand there is no source.)
  const ConfigLoader loader(SourceKinds(), ProcessEnvironment(), flags.source);
  const std::string file = flags.config_file.empty() ? FindConfig() : flags.config_file;
  return file.empty() ? loader.LoadText(DefaultConfigText(), "default.yml", ".") : loader.LoadFile(file);
}

void PrintErrors(const ConfigErrors& errors) {
  for (const std::string& line : errors.lines) std::fprintf(stderr, "%s\n", line.c_str());
}

void LogWarnings(const Config& config) {
  for (const std::string& line : config.warnings) log::Warn("configuration", {{"warning", line}});
}

// Signals are taken by sigtimedwait in the main thread; every thread started after this inherits the mask.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

// Ends the process with that status when a stop takes too long: an open transaction is rolled back by the
// database.
void StartWatchdog(int status, const char* words) {
  std::thread([status, words] {
    std::this_thread::sleep_for(kStopDeadline);
    if (status == 0) {
      log::Warn(words);
    } else {
      log::Error(words);
    }
    _exit(status);
  }).detach();
}

class Server {
 public:
  explicit Server(const Flags& flags) : flags_(flags) {}

  int Run(ValidatedConfig config, const sigset_t& signals) {
    auto app = std::make_shared<App>(std::move(config), board_, metrics_, sessions_, clock_);
    SetApp(app);
    metrics_.ConfigLoaded(true, clock_.Now());

    WebOptions web;
    web.listen_address = flags_.listen_address.value_or(app->config().web.listen_address);
    web.max_requests = flags_.max_requests.value_or(app->config().web.max_requests);
    const PageInputs inputs{
        [this] { return CurrentApp(); }, board_, metrics_, clock_, [this] { return stopping_.load(); },
        [this] { return Reload(); }};
    auto server = WebServer::Start(web, MakeRoutes(inputs));
    if (!server) {
      log::Error("cannot listen", {{"address", web.listen_address}, {"error", server.error().message}});
      return 1;
    }
    log::Info("listening", {{"address", web.listen_address}, {"port", std::to_string((*server)->port())}});
    for (const std::string& name : app->config().disabled) {
      log::Info("source off: its enabled_if is empty", {{"source", name}});
    }
    LogWarnings(app->config());
    app->Start();
    app.reset();
    {
      const std::jthread reloads([this](std::stop_token stop) { ReloadWhenAsked(stop); });
      WaitForStop(signals);
      stopping_ = true;
      StartWatchdog(0, "stopping took too long: leaving at once");
      log::Info("stopping");
    }  // waits for a reload by SIGHUP in progress,
    {
      const std::lock_guard posted(reload_mutex_);
    }  // and here for one by POST: from now on none starts another App
    const std::shared_ptr<App> last = CurrentApp();
    last->RequestStop();
    server->reset();
    last->Join();
    log::Info("stopped");
    return 0;
  }

 private:
  void WaitForStop(const sigset_t& signals) {
    while (true) {
      const int signal = sigwaitinfo(&signals, nullptr);
      if (signal == SIGHUP) {
        const std::lock_guard lock(asked_mutex_);
        reload_asked_ = true;
        asked_.notify_one();
      } else if (signal > 0) {
        return;
      }
    }
  }

  // SIGHUP's reloads, beside the main thread: a reload waits for polls in progress, and a stop must not wait
  // behind it.
  void ReloadWhenAsked(std::stop_token stop) {
    std::unique_lock lock(asked_mutex_);
    while (asked_.wait(lock, stop, [this] { return reload_asked_; })) {
      reload_asked_ = false;
      lock.unlock();
      (void)Reload();
      lock.lock();
    }
  }

  // All or nothing: the new configuration is loaded and checked before the old App stops. Counters and the
  // last good series live outside of App and stay.
  Result<void> Reload() {
    const std::lock_guard lock(reload_mutex_);
    auto config = LoadConfig(flags_);
    std::string problems;
    if (!config) {
      for (const std::string& line : config.error().lines) problems += (problems.empty() ? "" : "\n") + line;
    } else if ((*config)->sources.empty()) {
      problems = "no source is enabled";
    }
    if (!problems.empty()) {
      metrics_.ConfigLoaded(false, clock_.Now());
      log::Error("reload failed: the old configuration goes on", {{"error", problems}});
      return Fail(ErrorCode::kConfig, problems);
    }
    const std::shared_ptr<App> old = CurrentApp();
    old->RequestStop();
    old->Join();
    if (stopping_) return Fail(ErrorCode::kCancelled, "the exporter is stopping");
    auto app = std::make_shared<App>(std::move(*config), board_, metrics_, sessions_, clock_);
    for (const SourceStatus& status : old->Sources()) {
      if (Has(*app, status.source)) continue;
      board_.Remove(status.source);
      metrics_.RemoveSource(status.source);
    }
    app->Start();
    SetApp(app);
    metrics_.ConfigLoaded(true, clock_.Now());
    LogWarnings(CurrentApp()->config());
    log::Info("configuration reloaded");
    return {};
  }

  std::shared_ptr<App> CurrentApp() const {
    const std::lock_guard lock(app_mutex_);
    return app_;
  }

  void SetApp(std::shared_ptr<App> app) {
    const std::lock_guard lock(app_mutex_);
    app_.swap(app);
  }

  static bool Has(const App& app, const std::string& source) {
    for (const SourceStatus& status : app.Sources()) {
      if (status.source == source) return true;
    }
    return false;
  }

  const Flags& flags_;
  const SystemClock clock_;
  SnapshotBoard board_;
  ExporterMetrics metrics_;
  MetabaseSessions sessions_{clock_};
  mutable std::mutex app_mutex_;
  std::shared_ptr<App> app_;  // guarded by app_mutex_; a request keeps the one it began with
  std::atomic<bool> stopping_{false};
  std::mutex reload_mutex_;  // one reload at a time
  std::mutex asked_mutex_;
  std::condition_variable_any asked_;
  bool reload_asked_ = false;  // guarded by asked_mutex_
};

void PrintCounts(const IngestResult& taken) {
  std::printf("inserted %lld, updated %lld, unchanged %lld, stale %lld, rejected %lld\n",
              static_cast<long long>(taken.inserted), static_cast<long long>(taken.updated),
              static_cast<long long>(taken.unchanged), static_cast<long long>(taken.stale),
              static_cast<long long>(taken.rejected));
}

int Ingest(const Flags& flags, const Config& config, const sigset_t& signals) {
  std::stop_source stop;
  ProgressLine line(isatty(STDERR_FILENO) != 0);
  // Ctrl-C ends the request in progress; a page that is being stored is finished or rolled back by the
  // database. Rolled back is not taken in: unlike the server's, this end is a failure.
  const std::jthread interrupts([signals, &stop, &line](const std::stop_token& over) {
    sigset_t set = signals;
    sigdelset(&set, SIGHUP);
    const std::stop_callback wake(over, [self = pthread_self()] { pthread_kill(self, SIGTERM); });
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || over.stop_requested()) return;
    line.End();
    StartWatchdog(1, "ingest interrupted: leaving at once, what was not committed is not taken in");
    stop.request_stop();
  });

  const SystemClock clock;
  const auto result = RunIngest(
      config, *flags.since, clock, [&](const AskedPage& page) { line.Show(page); }, stop.get_token());
  line.End();
  std::optional<Error> error;
  if (result) {
    PrintCounts(result->taken);
    error = result->missing;
  } else {
    error = result.error();
  }
  if (!error) return 0;
  std::fflush(stdout);
  log::Error("ingest failed", {{"reason", std::string(Name(error->code))}, {"error", error->message}});
  return 1;
}

int PrintProbe(const Flags& flags, const Config& config) {
  signal(SIGPIPE, SIG_IGN);  // an upstream may hang up while TLS writes to it
  const SystemClock clock;
  const ProbeReport report = Probe(config, flags.source, clock, {});
  std::fputs(report.text.c_str(), stdout);
  if (!report.error) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "o2o-exporter: %s: %s: %s\n", flags.source.c_str(),
               std::string(Name(report.error->code)).c_str(), report.error->message.c_str());
  return 1;
}

// The families that the shipped configuration makes of questions, whatever the environment holds.
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

}  // namespace

int Run(const Flags& flags) {
  log::Configure(flags.log_level, flags.log_format);
  if (flags.command == Command::kMetrics) {
    std::fputs(catalogue::MarkdownTable(ShippedMetrics()).c_str(), stdout);
    return 0;
  }
  auto config = LoadConfig(flags);
  if (!config) {
    PrintErrors(config.error());
    return 1;
  }
  if (flags.command != Command::kProbe && (*config)->sources.empty()) {
    std::fputs(
        "o2o-exporter: no source is enabled: set OMS_URL, OMS_API_KEY and PG_DSN, or METABASE_URL and "
        "METABASE_API_KEY (or "
        "METABASE_USERNAME and METABASE_PASSWORD), or name sources in --config.file\n",
        stderr);
    return 1;
  }
  if (flags.config_check) {
    for (const std::string& line : (*config)->warnings) std::fprintf(stderr, "warning: %s\n", line.c_str());
    std::puts("configuration ok");
    return 0;
  }
  InitHttp();
  if (flags.command == Command::kProbe)
    return PrintProbe(flags, **config);  // before signals are blocked: Ctrl-C ends it
  const sigset_t signals = BlockSignals();
  if (flags.command == Command::kIngest) return Ingest(flags, **config, signals);
  return Server(flags).Run(std::move(*config), signals);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "app/app.h"
#include "app/reloads.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/process.h"
#include "metrics/exporter_metrics.h"
#include "metrics/snapshot.h"
#include "sources/metabase/access.h"
#include "watchdog.h"
#include "web/pages.h"
#include "web/web_server.h"

namespace o2o {
namespace {

// How long a web thread waits for the reload that it was asked for. A reload takes as long as reading the
// files of the configuration.
constexpr Millis kReloadWait{2'000};

// For files, databases, upstreams and threads of a source; for the rest of the process.
constexpr std::uint64_t kDescriptorsPerSource = 4;
constexpr std::uint64_t kDescriptorsBeside = 40;
// For the web server's connections, each of which needs a second descriptor while it is watched in a crowd.
constexpr std::uint64_t kDescriptorsForClients = 320;

bool HasDescriptorsFor(const Config& config) {
  const std::uint64_t limit = RaiseDescriptorLimit();
  const std::uint64_t least = kDescriptorsBeside + kDescriptorsPerSource * (config.sources.size() + 1);
  const log::Fields fields{{"limit", std::to_string(limit)},
                           {"want", std::to_string(least + kDescriptorsForClients)}};
  if (limit < least) {
    log::Error("too few file descriptors to work, raise the hard limit (ulimit -Hn, LimitNOFILE)", fields);
    return false;
  }
  if (limit < least + kDescriptorsForClients) {
    log::Warn(
        "few file descriptors: many clients at once will be refused, raise the hard limit "
        "(ulimit -Hn, LimitNOFILE)",
        fields);
  }
  return true;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

class Service {
 public:
  Service(const Flags& flags, std::function<LoadedConfig()> load) : flags_(flags), load_(std::move(load)) {}

  int Run(ValidatedConfig config, const sigset_t& signals) {
    if (!HasDescriptorsFor(*config)) return 1;
    WebOptions web;
    web.listen_address = flags_.listen_address.value_or(config->web.listen_address);
    web.max_requests = flags_.max_requests.value_or(config->web.max_requests);
    Reloads reloads([this] { return Reload(); });
    const PageInputs inputs{app_,
                            board_,
                            metrics_,
                            clock_,
                            [this] { return stopping_.load(); },
                            [&reloads] { return reloads.AskAndWait(kReloadWait); }};
    // A reload that is requested from here on follows the first configuration.
    MutexLock first(apply_mutex_);
    auto server = WebServer::Start(web, MakeRoutes(inputs));
    if (!server) {
      log::Error("cannot listen", {{"address", web.listen_address}, {"error", server.error().message}});
      return 1;
    }
    log::Info("listening", {{"address", web.listen_address}, {"port", std::to_string((*server)->port())}});
    if (!ApplyFirst(std::move(config))) return 1;
    first.unlock();
    WaitForStop(signals, reloads);
    stopping_ = true;
    StartWatchdog(0, "stopping took too long: exiting now");
    log::Info("stopping");
    reloads.Stop();
    app_.RequestStop();
    server->reset();
    app_.Join();
    log::Info("stopped");
    return 0;
  }

 private:
  bool ApplyFirst(ValidatedConfig config) {
    if (const auto applied = app_.Apply(std::move(config)); !applied) {
      log::Error("cannot start", {{"error", applied.error().message}});
      return false;
    }
    metrics_.ConfigLoaded(true, clock_.Now());
    const auto in_force = app_.config();
    for (const std::string& name : (*in_force)->disabled) {
      log::Info("source off: its enabled_if is empty", {{"source", name}});
    }
    LogWarnings(**in_force);
    return true;
  }

  static void WaitForStop(const sigset_t& signals, Reloads& reloads) {
    while (true) {
      const int signal = sigwaitinfo(&signals, nullptr);
      if (signal == SIGHUP) {
        reloads.Ask();
      } else if (signal > 0) {
        return;
      }
    }
  }

  // All or nothing: counters and the last good series stay in any case. What is wrong is only logged, since
  // anybody may request a reload.
  bool Reload() noexcept {
    try {
      const MutexLock lock(apply_mutex_);
      std::string problems;
      auto config = load_();
      if (!config) {
        problems = Joined(config.error().lines);
      } else if (const auto applied = app_.Apply(std::move(*config)); applied) {
        metrics_.ConfigLoaded(true, clock_.Now());
        LogWarnings(**app_.config());
        log::Info("configuration reloaded");
        return true;
      } else {
        problems = applied.error().message;
      }
      metrics_.ConfigLoaded(false, clock_.Now());
      log::Error("reload failed, keeping the previous configuration", {{"error", problems}});
    } catch (const std::exception& error) {
      log::Error("reload failed, keeping the previous configuration", {{"error", error.what()}});
    }
    return false;
  }

  const Flags& flags_;
  const std::function<LoadedConfig()> load_;
  const SystemClock clock_;
  SnapshotBoard board_;
  ExporterMetrics metrics_;
  MetabaseAccess metabase_{clock_};
  App app_{board_, metrics_, metabase_, clock_};
  Mutex apply_mutex_;  // one configuration at a time, the first before any reload
  std::atomic<bool> stopping_{false};
};

}  // namespace

void LogWarnings(const Config& config) {
  for (const std::string& line : config.warnings) log::Warn("configuration", {{"warning", line}});
}

int Serve(const Flags& flags, ValidatedConfig config, std::function<LoadedConfig()> load,
          const sigset_t& signals) {
  return Service(flags, std::move(load)).Run(std::move(config), signals);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <functional>

#include "config/config_loader.h"
#include "flags.h"

namespace o2o {

void LogWarnings(const Config& config);

using LoadedConfig = tl::expected<ValidatedConfig, ConfigErrors>;

// `o2o-exporter serve`: polls and serves until SIGTERM or SIGINT; SIGHUP loads anew. Returns the exit status.
int Serve(const Flags& flags, ValidatedConfig config, std::function<LoadedConfig()> load,
          const sigset_t& signals);

}  // namespace o2o

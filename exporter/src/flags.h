// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"

namespace o2o {

enum class Command { kServe, kProbe, kIngest, kHistory, kMetrics };

enum class IngestOutput { kText, kJson };

// The command line. What a flag does not say, the configuration does.
struct Flags {
  Command command = Command::kServe;
  std::string config_file;                    // empty: FindConfig()
  bool config_check = false;                  // report every mistake of the configuration and exit
  std::optional<std::string> listen_address;  // over web.listen_address; valid
  std::optional<int> max_requests;            // over web.max_requests; 1 to 1000
  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kLogfmt;
  bool core_dumps = false;        // a crash may leave one, with the secrets in it
  std::string source;             // of probe, and always there then: the name of the source
  std::optional<Millis> since;    // of ingest and history, and always there then but for `from`; at least 1s
  std::optional<Timestamp> from;  // of ingest, in place of `since`; past
  std::optional<Timestamp> to;    // of ingest, with `from` and after it; not after now
  IngestOutput ingest_output = IngestOutput::kText;
  Millis step{60'000};                        // of history; whole seconds
  std::map<std::string, std::string> labels;  // of history: the target's; valid, job among them
};

// Either flags to run with, or the status to exit with: help and version have been printed to stdout (0), or
// what is wrong on one line to stderr (1).
struct FlagsOrExit {
  std::optional<Flags> flags;
  int exit_code = 0;
};
FlagsOrExit ParseFlags(int argc, char** argv);

}  // namespace o2o

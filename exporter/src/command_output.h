// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace o2o {

// What a command (probe, ingest, --config.check) says, to people or pipes: all of it passes here, with every
// secret masked (base/redaction.h), as the log and the web server's answers do in their places. main() looks
// whether it arrived.
void PrintOut(std::string text);  // to stdout
void PrintErr(std::string text);  // to stderr, after what went to stdout

}  // namespace o2o

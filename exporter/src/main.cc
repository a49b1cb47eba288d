// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "base/freed_memory.h"
#include "base/log.h"
#include "base/process.h"
#include "command_output.h"
#include "flags.h"
#include "run.h"

namespace {

int Main(int argc, char** argv) {
  try {
    const auto parsed = o2o::ParseFlags(argc, argv);
    return parsed.flags ? o2o::Run(*parsed.flags) : parsed.exit_code;
  } catch (const std::exception& e) {
    o2o::PrintErr(std::string("o2o-exporter: internal error: ") + e.what() + "\n");
    return 1;
  }
}

// A command whose words did not arrive has failed: a full disk, a pipe that nobody reads, a closed
// descriptor.
bool OutputArrived() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return std::ferror(stderr) == 0;
  std::fputs("o2o-exporter: the output could not be written to stdout\n", stderr);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  o2o::OccupyStandardDescriptors();
  o2o::IgnoreStraySignals();
  o2o::ReturnFreedMemory();
  const int status = Main(argc, argv);
  o2o::log::Flush(std::chrono::seconds(1));
  return OutputArrived() ? status : 1;
}

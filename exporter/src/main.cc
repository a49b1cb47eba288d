// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "base/freed_memory.h"
#include "flags.h"
#include "run.h"

int main(int argc, char** argv) {
  o2o::ReturnFreedMemory();
  try {
    const auto parsed = o2o::ParseFlags(argc, argv);
    return parsed.flags ? o2o::Run(*parsed.flags) : parsed.exit_code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "o2o-exporter: internal error: %s\n", e.what());
    return 1;
  }
}

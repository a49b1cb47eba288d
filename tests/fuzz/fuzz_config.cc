// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration, with all kinds of source: the loader keeps what
// unit/config/hostile_config.h asks of it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/config/hostile_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string fault =
      o2o::testing::CheckHostileConfig({reinterpret_cast<const char*>(data), size}, "/nonexistent");
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

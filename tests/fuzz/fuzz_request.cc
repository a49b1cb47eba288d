// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request line and headers: what our own code makes of them keeps what
// unit/web/hostile_request.h asks of it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/web/hostile_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string fault = o2o::testing::CheckHostileRequest({reinterpret_cast<const char*>(data), size});
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

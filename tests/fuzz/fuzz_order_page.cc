// SPDX-License-Identifier: Apache-2.0
// Any bytes as the answer of the OMS: the decoder keeps what unit/sources/oms/hostile_order_page.h asks of
// it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/sources/oms/hostile_order_page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string fault = o2o::testing::CheckHostilePage({reinterpret_cast<const char*>(data), size});
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

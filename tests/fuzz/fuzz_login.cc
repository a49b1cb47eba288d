// SPDX-License-Identifier: Apache-2.0
// Any bytes as the answer to a login at Metabase or a token endpoint: session and client keep what
// unit/sources/metabase/hostile_login.h asks of it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/sources/metabase/hostile_login.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string fault = o2o::testing::CheckHostileLogin({reinterpret_cast<const char*>(data), size});
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

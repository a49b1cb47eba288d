// SPDX-License-Identifier: Apache-2.0
// Any bytes as the answer of a question or endpoint: decoder, mapping and exposition keep what
// unit/mapping/hostile_answer.h asks of them.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "unit/mapping/hostile_answer.h"

// The first byte says which mapping, the second how long the pieces are; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string fault = o2o::testing::CheckHostile(body, data[0] - unsigned{'0'}, 1 + data[1] % 64u);
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packed body: the same comes out however it is cut, and what we pack ourselves comes back.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "http/inflater.h"
#include "unit/http/gzip.h"

namespace {

using Outcome = o2o::Inflater::Outcome;

struct Unpacked {
  Outcome outcome = Outcome::kGood;
  bool whole = false;
  std::string text;
};

Unpacked Unpack(std::string_view packed, std::size_t piece_bytes) {
  constexpr std::size_t kCeiling = 1u << 20;
  o2o::Inflater inflater;
  Unpacked unpacked;
  for (std::size_t at = 0; at < packed.size() && unpacked.outcome == Outcome::kGood; at += piece_bytes) {
    // Memory of its own, so that what is read beyond it is found.
    const std::unique_ptr<char[]> piece(new char[piece_bytes]);
    const std::size_t size = packed.copy(piece.get(), piece_bytes, at);
    unpacked.outcome = inflater.Feed({piece.get(), size}, [&unpacked](std::string_view text) {
      unpacked.text += text;
      return unpacked.text.size() < kCeiling;
    });
  }
  unpacked.whole = inflater.whole();
  return unpacked;
}

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

// The first byte says how long the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece_bytes = 1 + data[0] % 64u;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Unpacked whole = Unpack(bytes, bytes.size()), pieces = Unpack(bytes, piece_bytes);
  Require(whole.outcome == pieces.outcome && whole.whole == pieces.whole, "pieces end in another way");
  if (whole.outcome == Outcome::kGood) Require(whole.text == pieces.text, "pieces give another text");

  const Unpacked again = Unpack(o2o::testing::Gzip(bytes), piece_bytes);
  Require(again.outcome == Outcome::kGood && again.whole && again.text == bytes, "it does not come back");
  return 0;
}

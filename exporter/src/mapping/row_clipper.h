// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/json_reader.h"

namespace o2o {

// Cuts rows out of a text that comes in pieces, for people: of a row that goes over pieces the first 64 KiB
// are held.
class RowClipper {
 public:
  static constexpr std::size_t kMaxCarriedBytes = 64u << 10;

  void BeginPiece(std::string_view piece) { piece_ = piece; }
  // `row_begin`: where the row at hand begins, if one is being read.
  void EndPiece(const std::size_t* row_begin);

  // As it came, but for secrets, cut at `max_bytes`; nothing where that is long gone.
  std::string Cut(JsonRange where, std::size_t max_bytes) const;

 private:
  std::string_view piece_;
  std::size_t piece_begin_ = 0;
  std::string carried_;  // the row at hand, as far as it was in earlier pieces
  std::size_t carried_begin_ = 0;
};

}  // namespace o2o

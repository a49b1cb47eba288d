// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_clipper.h"

#include <algorithm>

#include "base/text.h"

namespace o2o {

void RowClipper::EndPiece(const std::size_t* row_begin) {
  if (row_begin != nullptr) {
    const std::size_t begin = *row_begin;
    if (begin >= piece_begin_) {
      carried_.clear();
      carried_begin_ = begin;
      piece_.remove_prefix(begin - piece_begin_);
    }
    carried_.append(piece_.substr(0, kMaxCarriedBytes - std::min(carried_.size(), kMaxCarriedBytes)));
    piece_begin_ = std::max(piece_begin_, begin);
  } else {
    carried_.clear();
  }
  piece_begin_ += piece_.size();
  piece_ = {};
}

std::string RowClipper::Cut(JsonRange where, std::size_t max_bytes) const {
  // More than is shown: CutMasked wants to see a secret whole.
  const std::size_t size = std::min(where.end - where.begin, max_bytes + kMaxCarriedBytes);
  if (where.begin >= piece_begin_)
    return CutMasked(piece_.substr(where.begin - piece_begin_, size), max_bytes);
  if (where.begin < carried_begin_ || where.begin - carried_begin_ > carried_.size()) return {};
  std::string text = carried_.substr(where.begin - carried_begin_, size);
  const bool continues = carried_begin_ + carried_.size() == piece_begin_;
  if (continues) text += piece_.substr(0, size - text.size());
  return CutMasked(text, max_bytes);
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/document_values.h"

#include <utility>

namespace o2o {
namespace {

RowWants OneRow(const std::vector<std::string>& pointers, std::size_t max_text_bytes) {
  RowWants wants;
  wants.levels.resize(1);
  wants.levels[0].single = true;
  wants.levels[0].columns = pointers;
  wants.max_text_bytes = max_text_bytes;
  return wants;
}

}  // namespace

DocumentValues::DocumentValues(std::vector<std::string> pointers, std::size_t max_text_bytes)
    : pointers_(std::move(pointers)), max_text_bytes_(max_text_bytes) {
  BeginDocument();
}

void DocumentValues::BeginDocument() {
  values_.assign(pointers_.size(), {});
  stream_.reset();  // before what it reads for
  reader_.emplace(OneRow(pointers_, max_text_bytes_), RowEcho(0, 0, 0), *this);
  stream_.emplace(*reader_);
}

bool DocumentValues::TakeRow(const RowView& row) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const Cell& cell = row.At(0, kFirstColumnSlot + i);
    values_[i] = {cell.present, cell.cut, cell.type, std::string(row.Text(cell))};
  }
  return true;
}

}  // namespace o2o

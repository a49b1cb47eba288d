// SPDX-License-Identifier: Apache-2.0
#include "config/column_problem.h"

namespace o2o {
namespace {

constexpr std::string_view kParent = "../";

}  // namespace

bool IsPointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t tilde = text.find('~'); tilde != std::string_view::npos;
       tilde = text.find('~', tilde + 1)) {
    if (tilde + 1 == text.size() || (text[tilde + 1] != '0' && text[tilde + 1] != '1')) return false;
  }
  return true;
}

std::optional<std::string> ColumnProblem(std::string_view column, const RowsConfig& rows) {
  std::size_t up = 0;
  for (; column.starts_with(kParent); column.remove_prefix(kParent.size())) ++up;
  if (up > rows.nested.size()) {
    return rows.nested.empty()
               ? "reaches above the rows, which are not nested, want a column of the row, or rows.nested"
               : "reaches above the outermost row, want ../ no more than " +
                     std::to_string(rows.nested.size()) + (rows.nested.size() == 1 ? " time" : " times");
  }
  if (column.empty()) return "names no column, want one behind ../";
  if (column.starts_with(kDocumentColumn))
    return "is of the whole answer, which only a label can be, want a column of the row";
  if (column.starts_with('/') && !IsPointer(column))
    return "is not a JSON Pointer into the row, want one like /total/amount (with ~1 for / and ~0 for ~)";
  if (column == "$value" && up > 0) {
    return "is a row that holds rows, and so no value, want $value of the innermost ones";
  }
  const bool outermost = up == rows.nested.size();
  if (outermost && rows.is == RowsAre::kRow && (column == "$key" || column == "$index"))
    return "is of one row among others, and rows.is is row: want a column of it, or $value";
  if (outermost && rows.shape == RowShape::kList && (column == "$key" || column == "$value")) {
    return "is for answers that are an object, a question has columns, want the name of one";
  }
  return std::nullopt;
}

std::optional<std::string> LabelColumnProblem(std::string_view column, const RowsConfig& rows) {
  if (!column.starts_with(kDocumentColumn)) return ColumnProblem(column, rows);
  if (rows.shape == RowShape::kList)
    return "is of an answer that is an object, a question has columns, want the name of one";
  if (!IsPointer(column.substr(kDocumentColumn.size() - 1)))
    return "is not a JSON Pointer behind the $, want one like $/meta/region (with ~1 for / and ~0 for ~)";
  return std::nullopt;
}

}  // namespace o2o

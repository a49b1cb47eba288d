// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/pg_connection.h"

namespace o2o {

// COPY into a table, all its columns in order: Field() for each, then EndRow(). Rows are sent while others
// are written. Until Complete() the connection cannot be used for anything else.
class CopyIn {
 public:
  CopyIn(PgConnection& connection, const std::string& table);

  // Text that is not clean UTF-8 is repaired: one bad column must not keep the whole page out for ever.
  void Field(std::string_view text);
  void OptionalField(const std::optional<std::string>& text);  // none: null
  void EndRow();
  void Complete();

 private:
  void Separate();

  PgConnection& connection_;
  std::string buffer_;
  bool row_begun_ = false;
};

}  // namespace o2o

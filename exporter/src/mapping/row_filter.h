// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_pattern.h"
#include "config/mapping_config.h"
#include "json/json_reader.h"
#include "mapping/value_text.h"

namespace o2o {

// Texts that a column is compared with: without blanks around them and without regard to case. A number of
// JSON is compared as a number: 2 is 2.0.
class WordSet {
 public:
  explicit WordSet(const std::vector<std::string>& words);

  bool Has(JsonType type, std::string_view text, const ValueForm& form) const;

 private:
  std::set<std::string, std::less<>> words_;  // trimmed, in lower case
  std::vector<std::string> numbers_;          // those that are numbers by JSON's grammar
  bool today_ = false;
};

// What one column of a `where` asks for, ready to be asked of row after row.
class ColumnFilter {
 public:
  // `form`: how numbers and times of the column are read; its unit does not matter. kConfig for a pattern
  // that the loader should have refused.
  static Result<ColumnFilter> Make(const RowFilter& filter, ValueForm form);

  // `cut`: the text continues, further than any that is compared with.
  bool Holds(JsonType type, std::string_view text, bool cut);

 private:
  ColumnFilter(const RowFilter& filter, ValueForm form);
  bool IsWithin(JsonType type, std::string_view text);

  std::optional<WordSet> in_, not_in_;
  std::optional<std::string> gt_, ge_, lt_, le_;
  std::optional<TextPattern> pattern_;
  ValueForm form_;
  ValueText value_;
};

}  // namespace o2o

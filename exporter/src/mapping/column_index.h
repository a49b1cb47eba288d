// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace o2o {

// Where the values of one column go: a slot is a column that was asked for.
struct ColumnTarget {
  std::uint32_t slot = 0;
  bool exact = false;  // the name as asked for; else but for case, blanks and underscores
};

// A name to look for.
struct WantedName {
  std::string name;
  bool exact_only = false;
  std::uint32_t branch = 0;  // what is wanted lies further in, where the reader calls it so; 0: the column is
};

// A column that rows have.
struct Column {
  std::uint32_t id = 0;  // its place among the columns
  std::string name;
  std::vector<ColumnTarget> targets;  // mostly none or one
  std::uint32_t branch = 0;           // of the WantedName
  std::optional<bool> pivoted;        // whether it matches the level's pivot, once that is known
  std::uint64_t last_row = 0;         // the row that had it last, for the reader's use
};

// The columns of the rows of one answer, each looked at once: what a key means is then a comparison with the
// key that followed the last one in the row before. Bounded, whatever keys rows have.
class ColumnIndex {
 public:
  // More columns are not distinguished.
  static constexpr std::size_t kMaxColumns = 1'000;
  static constexpr std::size_t kMaxNameBytes = 4'096;

  // The slots are the places in `wanted`.
  explicit ColumnIndex(std::vector<WantedName> wanted);

  // The column of a key; lives until the next Find.
  Column& Find(std::string_view key) {
    if (next_ < columns_.size() && columns_[next_].name == key) return columns_[next_++];
    return Search(key);
  }
  // A row begins.
  void Rewind() { next_ = 0; }
  void Clear();

  const std::vector<Column>& columns() const { return columns_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Column& Search(std::string_view key);
  bool IsWanted(std::string_view key) const;

  std::vector<WantedName> wanted_;
  std::vector<std::string> loose_wanted_;
  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> places_;
  std::size_t next_ = 0;
  Column other_;
};

// A name without what does not count: "Vendor Code" and "vendor_code" are "vendorcode".
std::string LooseName(std::string_view name);

// The one of `names` that somebody who wrote `name` most likely meant; empty if none is near.
std::string NearestName(std::string_view name, const std::vector<std::string>& names);

}  // namespace o2o

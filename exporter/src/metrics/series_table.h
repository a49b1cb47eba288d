// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace o2o {

// The series of one family in few bytes: what a large answer is mapped into. A million series of three labels
// take some 60 MB here, and 300 MB as Samples.
//
// A label set is a key: the label values in the family's order, clean (IsCleanUtf8), each followed by U+0000.
// One thread at a time.
class SeriesTable {
 public:
  using Id = std::uint32_t;  // of a series, from 0 up in the order in which they came
  static constexpr std::size_t kMaxKeyBytes = 64u << 10;
  static constexpr std::size_t kMaxValueBytes = 255;
  static constexpr std::size_t kMaxSeries = (1u << 24) - 1;

  SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  // The series of a key, and whether it is new; only then it gets `value`. Room for `value_room` bytes is
  // kept with it, so that a later SetValue costs no memory.
  std::pair<Id, bool> Insert(std::string_view key, std::string_view value, std::size_t value_room = 0);
  void SetValue(Id id, std::string_view value);

  // Views live until the next Insert or SetValue.
  std::string_view Key(Id id) const;
  std::string_view Value(Id id) const;
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  // Gives the series new ids, in the order of their label values, label by label. No Insert and no SetValue
  // after this.
  void Sort();
  // After Sort(): gives back memory of series before this one, which are not to be asked for again.
  void ReleaseBefore(Id id);

  // Sums over all series, to know a text's size before it is written. A line feed, quote or backslash counts
  // as one escape.
  std::size_t KeyBytes() const { return key_bytes_; }
  std::size_t Escapes() const { return escapes_; }
  std::size_t ValueBytes() const;

 private:
  char* At(std::uint32_t place) const;
  std::uint32_t NewEntry(std::string_view key, std::size_t room);
  void Write(std::uint32_t place, std::string_view value);
  Id Append(std::string_view key, std::string_view value, std::size_t value_room);
  std::size_t Slot(std::string_view key, std::uint64_t hash) const;
  void BuildIndex(std::size_t slots);
  bool IsSorted() const;
  std::vector<Id> Order() const;

  // Pages of their own, which go back to the system at once: malloc would keep them for later, which is the
  // next poll.
  struct Unmap {
    std::size_t bytes = 0;
    void operator()(char* block) const;
  };
  using Block = std::unique_ptr<char, Unmap>;
  static Block NewBlock(std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t block_bytes_ = 0;  // of the last one
  std::size_t block_used_ = 0;
  std::vector<std::uint32_t> entries_;  // the place of each series, in units of kUnit bytes
  // A hash table with linear probing; a power of two of slots, each 8 bits of the hash above the id + 1.
  // Empty as long as keys rise, as those of an ordered answer do: then each is new.
  std::vector<std::uint32_t> slots_;
  std::size_t key_bytes_ = 0;
  std::size_t escapes_ = 0;
  std::size_t released_ = 0;  // blocks
  bool sorted_ = false;
};

}  // namespace o2o

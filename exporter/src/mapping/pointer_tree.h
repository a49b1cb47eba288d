// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// The JSON Pointers of more than one step into the rows of a level, as one tree: which keys inside a column
// lead on, and where they end.
class PointerTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kNone = 0;

  struct Node {
    std::string path;  // from the row on
    std::string step;
    std::vector<NodeId> children;
    std::vector<std::uint32_t> slots;  // that end here
    std::vector<std::uint32_t> below;  // and those that end further in
    bool nested = false;               // the rows of the next level are here
    bool nested_below = false;
    bool seen = false;           // some row has it
    std::uint64_t last_row = 0;  // the row that had it last
  };

  PointerTree() : nodes_(1) {}

  // The node of the first step; the last one ends in the slot, and with `nested` holds the rows of the next
  // level.
  NodeId Add(const std::vector<std::string>& steps, std::uint32_t slot, bool nested);

  bool empty() const { return nodes_.size() == 1; }
  Node& At(NodeId id) { return nodes_[id]; }
  const Node& At(NodeId id) const { return nodes_[id]; }
  // kNone where no pointer continues this way.
  NodeId Child(NodeId id, std::string_view step) const;

  // The node comes again in the same row: nothing below it has been there.
  void ForgetBelow(NodeId id);
  // What lies below counts as there: its upstream says that there is none.
  void SeeBelow(NodeId id);
  bool IsSeen(std::uint32_t slot) const;

  // A key beside those that lead on; the first ones are kept, to be proposed.
  void KeepName(NodeId id, std::string_view key);
  const std::vector<std::string>& names() const { return names_; }

  // Forgets what rows had.
  void Clear();

 private:
  std::vector<Node> nodes_;  // 0 is the row
  std::vector<std::string> names_;
};

}  // namespace o2o

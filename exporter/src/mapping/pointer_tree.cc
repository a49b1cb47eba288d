// SPDX-License-Identifier: Apache-2.0
#include "mapping/pointer_tree.h"

#include <algorithm>

#include "base/text.h"
#include "mapping/json_pointer.h"

namespace o2o {

PointerTree::NodeId PointerTree::Add(const std::vector<std::string>& steps, std::uint32_t slot, bool nested) {
  NodeId at = 0, first = kNone;
  for (const std::string& step : steps) {
    NodeId next = Child(at, step);
    if (next == kNone) {
      next = static_cast<NodeId>(nodes_.size());
      Node node;
      node.path = nodes_[at].path + PointerStep(step);
      node.step = step;
      nodes_.push_back(std::move(node));
      nodes_[at].children.push_back(next);
    }
    at = next;
    if (first == kNone) first = at;
    nodes_[at].below.push_back(slot);
    nodes_[at].nested_below |= nested;
  }
  nodes_[at].slots.push_back(slot);
  nodes_[at].nested |= nested;
  return first;
}

PointerTree::NodeId PointerTree::Child(NodeId id, std::string_view step) const {
  for (const NodeId child : nodes_[id].children) {
    if (nodes_[child].step == step) return child;
  }
  return kNone;
}

void PointerTree::ForgetBelow(NodeId id) {
  for (const NodeId child : nodes_[id].children) {
    nodes_[child].last_row = 0;
    ForgetBelow(child);
  }
}

void PointerTree::SeeBelow(NodeId id) {
  for (const NodeId child : nodes_[id].children) {
    nodes_[child].seen = true;
    SeeBelow(child);
  }
}

bool PointerTree::IsSeen(std::uint32_t slot) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [slot](const Node& node) {
    return node.seen && std::find(node.slots.begin(), node.slots.end(), slot) != node.slots.end();
  });
}

void PointerTree::KeepName(NodeId id, std::string_view key) {
  constexpr std::size_t kMaxNames = 50;
  constexpr std::size_t kMaxBytes = 256;
  if (names_.size() >= kMaxNames || key.size() > kMaxBytes) return;
  std::string name = nodes_[id].path + PointerStep(RepairUtf8(key));
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(std::move(name));
}

void PointerTree::Clear() {
  for (Node& node : nodes_) {
    node.seen = false;
    node.last_row = 0;
  }
  names_.clear();
}

}  // namespace o2o

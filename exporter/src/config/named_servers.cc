// SPDX-License-Identifier: Apache-2.0
#include "config/named_servers.h"

#include <algorithm>

#include "config/suggestion.h"

namespace o2o {

NamedServers::NamedServers(MapReader& root, const SourceKind& kind)
    : kind_(kind), section_(root.Section(kind.servers_key)), names_(section_.Keys()) {}

void NamedServers::ReadRest() {
  section_.Tolerate();
  for (const std::string& name : names_) {
    if (!read_.contains(name)) kind_.read_server(section_.Section(name));
  }
}

bool NamedServers::Has(const std::string& name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::shared_ptr<const KindConfig> NamedServers::Find(const std::string& name) {
  if (!Has(name)) return nullptr;
  auto& server = read_[name];
  if (!server) server = kind_.read_server(section_.Section(name));
  return server;
}

std::string NamedServers::Unknown(const std::string& name) const {
  const std::string key(kind_.servers_key);
  if (names_.empty()) return "is not one of " + key + ", there are none";
  return "is not one of " + key + ", " + Suggestion(name, names_);
}

}  // namespace o2o

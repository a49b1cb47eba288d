// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config_reader.h"
#include "config/source_kind.h"

namespace o2o {

// The servers of one kind that are listed beside `sources`, each named once:
//   metabases: {main: {url: ..., api_key_file: ...}}
// One thread.
class NamedServers {
 public:
  // `root` and `kind` must outlive it.
  NamedServers(MapReader& root, const SourceKind& kind);
  NamedServers(const NamedServers&) = delete;
  NamedServers& operator=(const NamedServers&) = delete;

  bool Has(const std::string& name) const;
  // Read once, however often it is asked for; null where none has that name.
  std::shared_ptr<const KindConfig> Find(const std::string& name);
  // Reads those that no source has asked for, for their mistakes; their variables and files need not be
  // there.
  void ReadRest();
  // For a source that names another: "is not one of metabases, did you mean main?"
  std::string Unknown(const std::string& name) const;

 private:
  const SourceKind& kind_;
  MapReader section_;
  const std::vector<std::string> names_;
  std::map<std::string, std::shared_ptr<const KindConfig>> read_;
};

}  // namespace o2o

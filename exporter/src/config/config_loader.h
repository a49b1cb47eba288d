// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/source_kind.h"

namespace o2o {

// A configuration that has passed every rule. The rest of the program takes only this type, and Load... are
// its only makers.
class ValidatedConfig {
 public:
  const Config& operator*() const { return config_; }
  const Config* operator->() const { return &config_; }

 private:
  friend class ConfigLoader;
  explicit ValidatedConfig(Config config) : config_(std::move(config)) {}
  Config config_;
};

// Every mistake at once, in file order, each "file:line:col: path: problem, and what would be right". No line
// holds a secret: values are shown as written in the file, with ${VAR} left as it is.
struct ConfigErrors {
  std::vector<std::string> lines;
};

// Loads YAML strictly; `${VAR}` and `${VAR:-default}` inside values come from the environment, relative
// paths are relative to the file. Never throws. That every source is turned off is not a mistake: then
// `sources` is empty and `disabled` names them.
class ConfigLoader {
 public:
  // `kinds`, of source, must outlive it. `only_source`: for a run that polls this one source and keeps
  // nothing. The other sources and the store are then read as if they were turned off, so that nothing of
  // theirs has to be there.
  ConfigLoader(std::span<const SourceKind> kinds, Environment environment, std::string only_source = {})
      : kinds_(kinds), environment_(std::move(environment)), only_source_(std::move(only_source)) {}
  tl::expected<ValidatedConfig, ConfigErrors> LoadFile(const std::string& path) const;
  // `name` is used in messages where a path would be, `directory` is what relative paths are relative to.
  tl::expected<ValidatedConfig, ConfigErrors> LoadText(std::string_view text, const std::string& name,
                                                       const std::string& directory) const;

 private:
  std::span<const SourceKind> kinds_;
  Environment environment_;
  std::string only_source_;
};

// The shipped default configuration (exporter/config/default.yml), built into the program.
std::string_view DefaultConfigText();

inline constexpr std::string_view kInstalledConfigPath = "/etc/o2o-exporter/o2o-exporter.yml";

// The file to load where no flag names one: the installed one if there is any; empty: DefaultConfigText().
std::string FindConfig(const std::string& installed = std::string(kInstalledConfigPath));

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"

namespace o2o {

// A configuration that has passed every rule. The rest of the program takes only this type, and Load... are its only makers.
class ValidatedConfig {
 public:
  const Config& operator*() const { return config_; }
  const Config* operator->() const { return &config_; }

 private:
  friend class ConfigLoader;
  explicit ValidatedConfig(Config config) : config_(std::move(config)) {}
  Config config_;
};

// Every mistake at once, each "file:line:col: path: problem, and what would be right".
struct ConfigErrors {
  std::vector<std::string> lines;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Loads YAML strictly; `${VAR}` and `${VAR:-default}` inside values come from the environment, relative paths are relative to the file.
class ConfigLoader {
 public:
  explicit ConfigLoader(Environment environment) : environment_(std::move(environment)) {}
  tl::expected<ValidatedConfig, ConfigErrors> LoadFile(const std::string& path) const;
  // `name` stands in messages where a path would, `directory` is what relative paths are relative to.
  tl::expected<ValidatedConfig, ConfigErrors> LoadText(std::string_view text, const std::string& name,
                                                       const std::string& directory) const;

 private:
  Environment environment_;
};

// The shipped default configuration (exporter/config/default.yml), built into the program.
std::string_view DefaultConfigText();

}  // namespace o2o

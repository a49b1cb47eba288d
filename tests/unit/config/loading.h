// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_loader.h"
#include "sources/source_kinds.h"

// Configurations by text and variables, for tests.
namespace o2o {

using Variables = std::map<std::string, std::string>;
inline const std::string kData = O2O_TESTDATA "/config";

inline ConfigLoader Loader(const Variables& variables) {
  return ConfigLoader(SourceKinds(), [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

inline std::string ReadFixture(const std::string& file) {
  std::ifstream in(kData + "/" + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The mistakes of a configuration; none if it is good.
inline std::vector<std::string> Mistakes(std::string_view text, const std::string& name,
                                         const Variables& variables = {}) {
  const auto loaded = Loader(variables).LoadText(text, name, kData);
  return loaded ? std::vector<std::string>() : loaded.error().lines;
}

inline Config Load(const std::string& text, const Variables& variables = {}) {
  const auto loaded = Loader(variables).LoadText(text, "test.yml", kData);
  if (!loaded) {
    for (const std::string& line : loaded.error().lines) ADD_FAILURE() << line;
    return {};
  }
  return **loaded;
}

// What the block of a source says; throws where it is of another kind.
template <typename Kind>
const Kind& Block(const SourceConfig& source) {
  return dynamic_cast<const Kind&>(*source.kind_config);
}

inline const SourceConfig& SourceNamed(const Config& config, std::string_view name) {
  for (const SourceConfig& source : config.sources) {
    if (source.name == name) return source;
  }
  throw std::out_of_range(std::string(name));
}

template <typename Kind>
const Kind& Block(const Config& config, std::string_view name) {
  return Block<Kind>(SourceNamed(config, name));
}

}  // namespace o2o

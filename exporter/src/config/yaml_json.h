// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/yaml_document.h"

namespace o2o {

// The text of one scalar of the tree with its variables filled in; nothing if that failed. `path` is its
// place below the node: "[0].value".
using ScalarText = std::function<std::optional<std::string>(const YamlNode& scalar, const std::string& path)>;

// A value of a configuration as JSON text. Plain true, false, null and numbers of JSON's grammar are these,
// whatever is in quotes or reads otherwise is a string. Nothing if a scalar failed, after all of them
// have been asked for.
std::optional<std::string> YamlToJson(const YamlNode& node, const ScalarText& text);

}  // namespace o2o

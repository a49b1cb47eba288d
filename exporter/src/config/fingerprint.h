// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "config/environment.h"
#include "config/yaml_document.h"

namespace o2o {

// A hash of all that a part of a configuration says: two parts of equal ones configure the same thing, so
// that a reload may leave it alone. Variables are expanded and the files that a key names by `..._file` are
// read. Where the text of the file differs and the meaning does not (1m for 60s), so does this. `directory`:
// where relative paths start.
std::size_t Fingerprint(const YamlNode& part, const Environment& environment, const std::string& directory);

// Of two parts together.
std::size_t CombineFingerprints(std::size_t one, std::size_t other);

}  // namespace o2o

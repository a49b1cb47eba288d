// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace o2o {

enum class JsonKeys {
  kMasked,  // somebody else's: columns
  kOurs,    // the program's own words, which a password may happen to be one of
};

// JSON text with every secret in it masked (base/redaction.h), and still JSON: strings by what they decode
// to, and a number that is one becomes the string "<secret>". To be given what this program wrote itself.
std::string MaskJson(std::string_view json, JsonKeys keys);

}  // namespace o2o

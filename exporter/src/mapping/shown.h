// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "json/json_reader.h"

// What came from an upstream, for messages: short, on one line, clean UTF-8, secrets masked.
namespace o2o {

// A name in backquotes.
std::string Quoted(std::string_view name);

// A value: text in quotes, an object or array by its type.
std::string Shown(JsonType type, std::string_view text);

}  // namespace o2o

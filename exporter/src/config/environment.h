// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace o2o {

// The value of a variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Why a text could not be expanded. Never shows a variable's value.
struct ExpansionFailure {
  std::string problem;            // "OMS_URL is not set"
  bool missing_variable = false;  // the text is well formed, only the variable is missing
};

// `${NAME}` becomes the variable's value, which must be set and not empty; `${NAME:-default}` becomes the
// default (as written, without variables) where it is not; `$$` is a dollar sign, and so is a `$` before
// anything else, as in `$key`.
tl::expected<std::string, ExpansionFailure> Expand(std::string_view text, const Environment& environment);

// Whether there is a `$NAME` that was probably meant as a variable: it is taken literally.
bool HoldsBareVariable(std::string_view text);

}  // namespace o2o

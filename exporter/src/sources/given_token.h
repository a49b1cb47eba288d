// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/secret.h"

namespace o2o {

// A session id, cookie or token as an upstream gave it: a Secret, masked in whatever leaves the program, if
// it looks like one. Any other text travels just as well, but is not masked, or an upstream that gives
// `COMPLETED` for a token would have the status of that name masked in the metrics of all others.
Secret GivenToken(std::string text);

}  // namespace o2o

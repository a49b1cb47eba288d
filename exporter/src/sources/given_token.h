// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/secret.h"

namespace o2o {

// A session id, cookie or token from an upstream: a Secret, masked in everything that leaves the program, if
// it looks random. Any other text works as a token too but is not masked, or an upstream that issues
// `COMPLETED` as its token would mask the status of that name in the metrics of all sources.
Secret GivenToken(std::string text);

}  // namespace o2o

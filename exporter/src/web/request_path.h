// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// The path that a request's target names, decoded: of "/a%20b?c" and of "http://any.host/a%20b?c", whatever
// the host: RFC 9112 wants both answered. Nothing where it names none, or one with a U+0000.
std::optional<std::string> RequestPath(std::string_view target);

}  // namespace o2o

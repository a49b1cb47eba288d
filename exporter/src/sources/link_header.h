// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// The target of the first link with relation `next` in a Link header (RFC 8288), or in several joined by
// commas; as written there, so it may be relative. Links with another context (`anchor`) are ignored. No
// target if there is no such link; `is_good` is false if the text is not a Link header.
struct NextLink {
  bool is_good = true;
  std::optional<std::string> target;
};

NextLink FindNextLink(std::string_view header);

}  // namespace o2o

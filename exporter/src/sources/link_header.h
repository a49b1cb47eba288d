// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// The target of the first link of relation `next` in a Link header (RFC 8288), of several such headers joined
// by commas; as it is written there, perhaps relative. Links of another context (`anchor`) are not looked at.
// Nothing where there is no such link, and where the text is not a Link header `is_good` is false.
struct NextLink {
  bool is_good = true;
  std::optional<std::string> target;
};

NextLink FindNextLink(std::string_view header);

}  // namespace o2o

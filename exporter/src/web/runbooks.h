// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "web/web_route.h"

namespace o2o {

// The pages of rules/runbooks in their order: the alert's name and the Markdown. Each page begins with the
// comment of its licence, which is left out, and the heading that names the alert. Returns views into
// `joined`.
std::vector<std::pair<std::string_view, std::string_view>> SplitRunbooks(std::string_view joined);

// The page of /runbooks/NAME: that of NAME or NAME.md (as the rules' links end), a list of all where it is
// empty. The runbooks are part of the program, so that a link in an alert works without the internet.
WebResponse RunbookPage(std::string_view name);

}  // namespace o2o

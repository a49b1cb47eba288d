// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace o2o {

// The text for any place in HTML, attributes in quotes included.
std::string EscapeHtml(std::string_view text);

}  // namespace o2o

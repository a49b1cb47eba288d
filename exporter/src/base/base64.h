// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace o2o {

// RFC 4648, with padding.
std::string Base64(std::string_view bytes);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace o2o {

// Where a server listens: IPv4.
struct ListenAddress {
  std::string host;  // dotted
  int port = 0;
  std::string Text() const { return host + ":" + std::to_string(port); }
};

// What is wrong with "[host]:port", and what would be right; nothing if it is good. The host is an IPv4
// address, a name, or empty for every address.
std::optional<std::string> ListenAddressProblem(std::string_view address);

// Looks up a host name, so it may take as long as that. An address that is wrong, or that this machine cannot
// resolve, is a kConfig that names it.
Result<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace o2o

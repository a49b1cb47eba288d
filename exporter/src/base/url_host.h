// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace o2o {

// Host part of an absolute URL, as unvalidated views into it.
struct UrlHost {
  std::string_view host;           // an IPv6 address with its brackets
  std::string_view host_and_port;  // the host alone without a port
};

// Nothing for a text that is not an absolute URL. A user and a password are left out.
std::optional<UrlHost> HostOfUrl(std::string_view url);

}  // namespace o2o

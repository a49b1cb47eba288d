// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace o2o {

// Where a server listens: IPv4.
struct ListenAddress {
  std::string host;  // dotted
  int port = 0;
  std::string Text() const { return host + ":" + std::to_string(port); }
};

// "[host]:port". Looks a host name up, so it may take as long as that. What is wrong is a kConfig that names
// the address.
Result<ListenAddress> ParseListenAddress(const std::string& text);

// For a server that did not start (civetweb does not tell its reason): tries the same address and says what
// stands in the way.
std::string WhyNotListening(const ListenAddress& address);

// Connects and hangs up: civetweb's listening thread looks at its stop flag every two seconds, or when
// somebody connects.
void Knock(ListenAddress address);

}  // namespace o2o

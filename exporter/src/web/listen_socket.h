// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/listen_address.h"

// What civetweb does not do at its listening socket.
namespace o2o {

// Why a server did not start, which civetweb does not report: tries the same address and says what is in the
// way.
std::string WhyNotListening(const ListenAddress& address);

// Connects and disconnects: civetweb's listening thread looks at its stop flag every two seconds, or when
// somebody connects.
void Knock(ListenAddress address);

}  // namespace o2o

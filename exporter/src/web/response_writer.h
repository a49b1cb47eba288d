// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "web/web_route.h"

namespace o2o {

// Where bytes of an answer go; false when the client takes no more.
using ResponseSink = std::function<bool(std::string_view)>;

// Sends an answer: the status line ("HTTP/1.1 200 " and `reason`), headers, and, where asked for, body and
// parts. Secrets in the body are masked here (web/masked_body.h). Small pieces are joined and large ones
// split, so that no write is needlessly small, or larger than 256 KiB. False if the client did not take all.
bool WriteResponse(const WebResponse& response, std::string_view reason, bool with_body,
                   const ResponseSink& sink);

}  // namespace o2o

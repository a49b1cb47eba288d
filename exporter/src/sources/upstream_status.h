// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_client.h"

// What all kinds of source have in common about answers without a result.
namespace o2o {

// "the OMS answered 500, expected 200"; 429 has a text of its own.
std::string UnexpectedStatus(std::string_view who, int status);

// Adds the upstream's Retry-After (of 429 and 503 only) to the error, as a value and in the message.
Error WithWait(Error error, const HttpResponse& response);

// Whether a token, session id or cookie from an upstream can be sent back in a header: visible ASCII, at most
// 4 KiB. Others must not be kept.
bool IsSendable(std::string_view token);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http_client.h"

// What all kinds of source say alike of answers that bring nothing.
namespace o2o {

// "the OMS answered 500, expected 200"; 429 has words of its own.
std::string UnexpectedStatus(std::string_view who, int status);

// Where the upstream says when to come again (429 and 503 only), `error` says so too, as a value and in
// words.
Error WithWait(Error error, const HttpResponse& response);

// Whether a token, session id or cookie that an upstream hands out can be sent back in a header: visible
// ASCII, at most 4 KiB. What cannot is not to be kept.
bool IsSendable(std::string_view token);

}  // namespace o2o

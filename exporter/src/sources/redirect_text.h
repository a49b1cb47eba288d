// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/http_client.h"

namespace o2o {

// What a 3xx means and what to do about it, to follow the upstream's name: "redirects to
// https://shop.example.com/ (302), which is not followed: ADVICE". 304 and a redirect without an address have
// texts of their own.
std::string RedirectText(const HttpResponse& response, std::string_view advice);

}  // namespace o2o

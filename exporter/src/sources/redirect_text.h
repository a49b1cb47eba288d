// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http/http_client.h"

namespace o2o {

// What a 3xx says and what to do about it, behind the name of who answered: "redirects to
// https://shop.example.com/ (302), which is not followed: ADVICE". One that names no address, and 304, have
// their own words.
std::string RedirectText(const HttpResponse& response, std::string_view advice);

}  // namespace o2o

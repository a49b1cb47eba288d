// SPDX-License-Identifier: Apache-2.0
#include "sources/redirect_text.h"

#include "base/text.h"

namespace o2o {

std::string RedirectText(const HttpResponse& response, std::string_view advice) {
  const std::string status = std::to_string(response.status);
  if (response.status == 304) {
    return "answered 304 (not modified), which carries no rows: is a cache in between, or is If-None-Match "
           "or "
           "If-Modified-Since sent?";
  }
  if (response.location.empty()) {
    return "answered " + status +
           ", a redirect that names no address (no Location): is the url right, and what "
           "answers there?";
  }
  return "redirects to " + Excerpt(response.location) + " (" + status +
         "), which is not followed: " + std::string(advice);
}

}  // namespace o2o

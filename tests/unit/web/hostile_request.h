// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "metrics/exposition.h"
#include "web/cross_site.h"
#include "web/request_path.h"

// What must hold for any request line and headers, as far as this program judges them (their syntax is
// civetweb's); for the unit test and for libFuzzer.
namespace o2o::testing {

// A line for each: the target, Host, Origin, Sec-Fetch-Site, Accept, Accept-Encoding.
struct HostileRequest {
  explicit HostileRequest(std::string_view bytes) {
    for (std::string* line :
         {&target, &web.host, &web.origin, &web.sec_fetch_site, &web.accept, &web.accept_encoding}) {
      const std::size_t end = bytes.find('\n');
      *line = bytes.substr(0, end);
      bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    }
  }

  std::string target;
  WebRequest web;
};

// Empty if nothing is wrong.
inline std::string CheckTarget(const std::string& target) {
  const auto path = RequestPath(target);
  if (!path) {
    const bool names_one = target.starts_with('/') && target.find('\0') == std::string::npos &&
                           target.find("%00") == std::string::npos;
    return names_one ? "a path that is not seen" : "";
  }
  if (!path->starts_with('/')) return "a path that begins nowhere";
  if (path->find('\0') != std::string::npos) return "a path with U+0000";
  if (path->size() > target.size()) return "a path that grew";
  if (RequestPath(target + "?a=/b%00") != path) return "a path that its query changes";
  if (target.starts_with('/') && RequestPath("http://any.host" + target) != path)
    return "a path that its host changes";
  return "";
}

inline std::string CheckCrossSite(const WebRequest& request) {
  const bool refused = IsCrossSite(request);
  const bool browser = !request.origin.empty() || !request.sec_fetch_site.empty();
  if (!browser) return refused ? "a client other than a browser is refused" : "";
  WebRequest elsewhere = request;
  elsewhere.host = "evil.example";
  if (!IsCrossSite(elsewhere)) return "a name that anybody may point here is taken";
  elsewhere = request;
  elsewhere.sec_fetch_site = "cross-site";
  if (!IsCrossSite(elsewhere)) return "Sec-Fetch-Site is not heeded";
  elsewhere = request;
  elsewhere.origin = "https://evil.example";
  if (!IsCrossSite(elsewhere)) return "Origin is not heeded";
  if (refused) return "";
  // Taken from a browser: then the page's host is ours.
  const bool same = request.origin.empty() || request.origin.ends_with("://" + request.host);
  return same ? "" : "the page of another host is taken";
}

inline std::string CheckHostileRequest(std::string_view bytes) {
  const HostileRequest request(bytes);
  if (std::string fault = CheckTarget(request.target); !fault.empty()) return fault;
  if (std::string fault = CheckCrossSite(request.web); !fault.empty()) return fault;
  (void)NegotiateFormat(request.web.accept);
  const bool gzip = AcceptsGzip(request.web.accept_encoding);
  if (gzip && request.web.accept_encoding.empty()) return "gzip for somebody who named no encoding";
  return "";
}

}  // namespace o2o::testing

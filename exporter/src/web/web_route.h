// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What pages are made of: a request, its answer, and the route that leads from one to the other.
namespace o2o {

struct WebRequest {
  std::string method;
  std::string path;
  // Headers; several of one name are joined by a comma.
  std::string accept;
  std::string accept_encoding;
  std::string host;
  std::string origin;
  std::string sec_fetch_site;
};

struct WebResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent with secrets masked (web/masked_body.h)

  // Sent after `body`, without being copied or masked: for answers that many clients get at once.
  // `parts_owner` keeps alive what they point at.
  std::vector<std::string_view> parts;
  std::shared_ptr<const void> parts_owner;
};

// One route answers exactly one path, or every path below it that no earlier route answers; several may share
// a path and differ in method. The handler runs on a server thread with a stack of 100 KB, several at once,
// and must return within a second or so; what it throws becomes a 500.
struct WebRoute {
  std::string path;
  bool below = false;          // every path that begins with `path`
  std::string method = "GET";  // GET answers HEAD too
  std::function<WebResponse(const WebRequest&)> handler;
  // Counts against max_requests while the handler runs; beyond it 503 with Retry-After. Sending does not
  // count: clients that do not read must not use up the scrapes of those that do.
  bool limited = false;
};

}  // namespace o2o

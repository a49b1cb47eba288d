// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace o2o {

struct WebRequest {
  std::string method;
  std::string path;
  std::string accept;
  std::string accept_encoding;
};

struct WebResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// One route answers exactly one path. The handler runs on a server thread, several at once; what it throws becomes a 500.
struct WebRoute {
  std::string path;
  std::string method = "GET";                      // GET answers HEAD too
  std::function<WebResponse(const WebRequest&)> handler;
  bool limited = false;                            // counts against max_requests; beyond it 503 with Retry-After
};

struct WebOptions {
  std::string listen_address;                      // "[host]:port", port 0 picks a free one; no host: every IPv4 address
  int max_requests = 40;
};

// An HTTP/1.1 server on a thread per connection. Unknown path 404, wrong method 405 with Allow. A client that neither sends nor reads
// holds one of its threads for at most a few seconds. Stops within two seconds when destroyed.
class WebServer {
 public:
  static Result<std::unique_ptr<WebServer>> Start(const WebOptions& options, std::vector<WebRoute> routes);
  ~WebServer();
  int port() const;

 private:
  struct Impl;
  explicit WebServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace o2o

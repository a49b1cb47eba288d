// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "web/web_route.h"

namespace o2o {

struct WebOptions {
  std::string listen_address;  // "[host]:port", port 0 picks a free one; no host: every IPv4 address
  int max_requests = 40;
};

// An HTTP/1.1 server on a thread per connection, 160 of them, one request each. Unknown path 404, wrong
// method 405 with Allow. Request bodies are ignored. IPv4 and plain text only: that is what Debian's civetweb
// can do.
//
// What clients may cost each other (the figures are Patience's): one that has not sent its whole request
// after 5 s, or takes less than 64 KiB of its answer in 5 s (13 kB/s), or has not got it all after 180 s, is
// disconnected within another second or so. When all threads are busy, the slowest clients are disconnected
// as well, up to 32 every 50 ms; a client always gets at least 0.3 s. So a request that comes while any
// number of clients hold all threads waits for 0.3 s, and 0.05 s for every 32 connections that came before it
// and are still unserved. A reader of 100 kB/s gets 16 MiB whole as long as threads are free, and is among
// the last to be disconnected when they are not.
class WebServer {
 public:
  // An address that is wrong or taken is a kConfig that names it.
  static Result<std::unique_ptr<WebServer>> Start(const WebOptions& options, std::vector<WebRoute> routes);
  // Ends within two seconds. No handler starts any more; one that is still running by then is left behind
  // (and logged), so what it refers to should outlive the server's end by as much as its work may take.
  ~WebServer();
  int port() const;

 private:
  struct Impl;
  explicit WebServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace o2o

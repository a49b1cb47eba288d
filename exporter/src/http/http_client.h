// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/result.h"
#include "base/secret.h"

namespace o2o {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, Secret>> headers;
  std::string user;  // of basic authentication, with `password`; empty: none
  Secret password;
  std::string body;
  Millis timeout{10'000};                  // for the whole exchange, from name lookup to last byte
  std::size_t max_body_bytes = 64u << 20;  // decoded; one byte more fails with kTooLarge
  bool fresh_connection = false;           // one connection for this request alone
  bool wants_error_body = false;           // the sink sees the body of every answer, not of 2xx only
  bool hides_path = false;                 // the path may hold a key: errors and `location` do without
  bool* sent = nullptr;  // if given, becomes true where the server may have got some of the request
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::optional<Timestamp> date;  // the server's clock, from its Date header
  std::optional<Millis> retry_after;
  std::string location;                  // of a 3xx, without query
  std::string link;                      // of all Link headers, as one; within the ceiling of all headers
  std::vector<std::string> set_cookies;  // as sent, each with its attributes
  std::size_t body_bytes = 0;            // decoded
};

// TLS and proxy towards one upstream.
struct HttpOptions {
  std::string ca_file;
  std::string client_cert_file;
  std::string client_key_file;
  bool insecure_skip_verify = false;
  std::string proxy_url;
  std::string proxy_user{};  // empty: the proxy asks nobody
  Secret proxy_password{};
  std::string user_agent;
};

// Bytes of a body as they arrive; false ends the exchange (kCancelled).
using BodySink = std::function<bool(std::string_view)>;

// The door to an upstream. One thread at a time; keeps its connection between calls. An answer of any status
// is a success here (what it means is the caller's business); an error says that no whole answer came:
// kConnect, kTimeout, kTls, kCut, kTooLarge, kCancelled. Never follows a redirect. The sink sees the body of
// 2xx; other bodies are read (bounded) and thrown away, unless the request wants them.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink,
                                    std::stop_token stop) = 0;
};

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "http/http_client.h"

namespace o2o {

// Call once in main, before threads start.
void InitHttp();

// HttpClient over libcurl, HTTP/1.1. Beyond what HttpClient promises:
// No name server, proxy or peer holds Send() up longer than the timeout; a stop ends it at once.
// Proxies come from HttpOptions alone. Environment variables (http_proxy, no_proxy), .netrc and cookies have
// no say, since keys travel with the requests.
// An answer other than 2xx is reported by its status even where its body, which is not wanted, was cut short.
// Beside the errors of HttpClient: kConfig for a URL or header that cannot be sent, kInternal when memory or
// libcurl failed.
class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(HttpOptions options);
  ~CurlHttpClient() override;

  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override;

 private:
  struct Handles;
  HttpOptions options_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace o2o

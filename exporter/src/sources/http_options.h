// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/config.h"
#include "http/http_client.h"

namespace o2o {

// The configured way to an upstream (TLS, proxy), for its HTTP client.
inline HttpOptions ToHttpOptions(const TlsConfig& tls, const ProxyConfig& proxy) {
  HttpOptions options;
  options.ca_file = tls.ca_file;
  options.client_cert_file = tls.client_cert_file;
  options.client_key_file = tls.client_key_file;
  options.insecure_skip_verify = tls.insecure_skip_verify;
  options.proxy_url = proxy.url;
  options.proxy_user = proxy.user;
  options.proxy_password = proxy.password;
  options.user_agent = "o2o-exporter";
  return options;
}

}  // namespace o2o

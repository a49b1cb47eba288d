// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/api.h"

#include <utility>

#include "base/text.h"
#include "base/url_host.h"
#include "json/json_reader.h"
#include "sources/oms/order_page.h"
#include "sources/redirect_text.h"
#include "sources/upstream_status.h"

namespace o2o {
namespace {

constexpr std::string_view kPath = "/api/v1/monitor/recent";

std::string RecentUrl(const std::string& base, const OmsWindow& window) {
  return base + std::string(kPath) + "?minutes=" + std::to_string(window.minutes) +
         "&limit=" + std::to_string(window.limit);
}

// Bad request, too large, URL too long, unprocessable: the same request would be refused again.
bool IsRefusal(int status) { return status == 400 || status == 413 || status == 414 || status == 422; }

// Why an answer is not a good one, if its status is not 200.
Error Refusal(const HttpResponse& response) {
  const std::string status = std::to_string(response.status);
  if (response.status == 401 || response.status == 403) {
    return {ErrorCode::kUnauthorized, "the OMS refused the key (" + status + "): check OMS_API_KEY"};
  }
  if (response.status == 304 || (response.status / 100 == 3 && response.location.empty()))
    return {ErrorCode::kRedirect, "the OMS " + RedirectText(response, "")};
  if (response.status / 100 == 3) {
    const auto host = HostOfUrl(response.location);
    const std::string to = host ? " to " + Excerpt(host->host_and_port) : "";
    return {ErrorCode::kRedirect,
            "the OMS redirects" + to + " (" + status +
                "), which is not followed, since the key would go with it: check OMS_URL"};
  }
  std::string message = UnexpectedStatus("the OMS", response.status);
  if (IsRefusal(response.status)) return {ErrorCode::kRefused, message};
  if (response.status == 404) message += ": check OMS_URL, there is no " + std::string(kPath);
  return WithWait({ErrorCode::kHttpStatus, message}, response);
}

}  // namespace

HttpOmsApi::HttpOmsApi(OmsSourceConfig config, HttpClient& http)
    : config_(std::move(config)),
      oauth2_(MakeOAuth2Client(config_.oauth2, http)),
      http_(oauth2_ ? static_cast<HttpClient&>(*oauth2_) : http) {}

Result<OrderPage> HttpOmsApi::Recent(const OmsWindow& window, Millis timeout, std::stop_token stop) {
  HttpRequest request;
  request.url = RecentUrl(config_.url, window);
  request.headers = {{"Accept", Secret::Plain("application/json")}};
  for (const auto& [name, value] : config_.headers) request.headers.emplace_back(name, value.Current());
  if (!config_.api_key.empty()) request.headers.emplace_back("x-api-key", config_.api_key.Current());
  request.timeout = timeout;
  request.max_body_bytes = config_.max_body_bytes;

  std::string body;
  const Result<HttpResponse> response = http_.Send(
      request,
      [&body](std::string_view bytes) {
        body += bytes;
        return true;
      },
      std::move(stop));
  if (!response) return tl::unexpected<Error>(response.error());
  if (response->status != 200) return tl::unexpected<Error>(Refusal(*response));
  // The body stays out of the message: a page that echoes the request would reveal the key.
  if (!LooksLikeJson(body)) {
    const std::string type = response->content_type.empty()
                                 ? "no content type"
                                 : "content type '" + Excerpt(response->content_type) + "'";
    return Fail(ErrorCode::kNotJson, std::string("the OMS answered 200 with ") +
                                         (body.empty() ? "an empty body" : "something that is not JSON") +
                                         " (" + type + "): check OMS_URL");
  }
  Result<OrderPage> page =
      ParseOrderPage(std::move(body), config_.timezone, MaxPageRows(config_.max_limit), response->date);
  if (!page) return Fail(page.error().code, "the OMS's answer: " + page.error().message);
  page->body_bytes = response->body_bytes;
  return page;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/oms/api.h"

#include <gtest/gtest.h>

#include "fakes/fake_http_client.h"
#include "unit/expect_error.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAnswer =
    R"({"total":1,"statusCounts":{"PENDING":1},"data":[{"order_id":"A-1","status":"PENDING","updated_at":"2026-11-20T10:00:00Z"}]})";

class OmsApiTest : public ::testing::Test {
 protected:
  Result<OrderPage> Recent(OmsWindow window = {5, 100}) {
    HttpOmsApi api(config_, http_);
    return api.Recent(window, 7s, {});
  }

  Error Failure() {
    const Result<OrderPage> page = Recent();
    if (!page) return page.error();
    ADD_FAILURE() << "got a page of " << page->rows << " rows";
    return {};
  }

  static OmsSourceConfig Config() {
    OmsSourceConfig config;
    config.url = "http://oms.example:8080";
    config.api_key = Secret("k-123");
    config.max_body_bytes = 1'000;
    return config;
  }

  OmsSourceConfig config_ = Config();
  FakeHttpClient http_;
};

TEST_F(OmsApiTest, AsksForTheWindow) {
  http_.Answer(200, std::string(kAnswer));
  ASSERT_TRUE(Recent({61, 500}));
  ASSERT_EQ(http_.requests.size(), 1u);
  const HttpRequest& request = http_.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "http://oms.example:8080/api/v1/monitor/recent?minutes=61&limit=500");
  EXPECT_EQ(request.timeout, 7s);
  EXPECT_EQ(request.max_body_bytes, 1'000u);
  const std::vector<std::pair<std::string, Secret>> headers = {{"Accept", Secret("application/json")},
                                                               {"x-api-key", Secret("k-123")}};
  EXPECT_EQ(request.headers, headers);
}

TEST_F(OmsApiTest, NoKeyNoHeader) {
  config_.api_key = Secret();
  http_.Answer(200, std::string(kAnswer));
  ASSERT_TRUE(Recent());
  ASSERT_EQ(http_.requests.at(0).headers.size(), 1u);
  EXPECT_EQ(http_.requests.at(0).headers.at(0).first, "Accept");
}

TEST_F(OmsApiTest, PageCarriesTheOmssClockAndSize) {
  HttpResponse response;
  response.status = 200;
  response.date = Timestamp(1'763'632'800s);
  http_.Answer(response, std::string(kAnswer));
  const Result<OrderPage> page = Recent();
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->oms_now, response.date);
  EXPECT_EQ(page->body_bytes, kAnswer.size());
  EXPECT_EQ(page->rows, 1u);
  EXPECT_EQ(page->orders.size(), 1u);
  EXPECT_EQ(page->total, 1);
}

TEST_F(OmsApiTest, FailedExchangeIsPassedOn) {
  http_.FailWith(ErrorCode::kTimeout, "GET http://oms.example:8080/: no answer within 7s");
  EXPECT_ERROR(Failure(), ErrorCode::kTimeout, "GET http://oms.example:8080/: no answer within 7s");
}

TEST_F(OmsApiTest, RefusedKey) {
  for (const int status : {401, 403}) {
    http_.Answer(status, "");
    EXPECT_ERROR(Failure(), ErrorCode::kUnauthorized,
                 "the OMS refused the key (" + std::to_string(status) + "): check OMS_API_KEY");
  }
}

TEST_F(OmsApiTest, RedirectNamesItsHost) {
  HttpResponse response;
  response.status = 302;
  response.location = "https://login.example.com:8443/sso";
  http_.Answer(response, "");
  EXPECT_ERROR(Failure(), ErrorCode::kRedirect,
               "the OMS redirects to login.example.com:8443 (302), which is not followed, since the key "
               "would go with it: check OMS_URL");
  http_.Answer(304, "");
  EXPECT_ERROR(Failure(), ErrorCode::kRedirect,
               "the OMS answered 304 (not modified), which carries no rows: is a cache in between, or is "
               "If-None-Match or If-Modified-Since sent?");
  http_.Answer(307, "");
  EXPECT_ERROR(
      Failure(), ErrorCode::kRedirect,
      "the OMS answered 307, a redirect that names no address (no Location): is the url right, and what "
      "answers there?");
}

TEST_F(OmsApiTest, OtherStatuses) {
  http_.Answer(500, "oops");
  EXPECT_ERROR(Failure(), ErrorCode::kHttpStatus, "the OMS answered 500, expected 200");
  http_.Answer(404, "");
  EXPECT_ERROR(Failure(), ErrorCode::kHttpStatus,
               "the OMS answered 404, expected 200: check OMS_URL, there is no /api/v1/monitor/recent");
  http_.Answer(204, "");
  EXPECT_ERROR(Failure(), ErrorCode::kHttpStatus, "the OMS answered 204, expected 200");
  HttpResponse busy;
  busy.status = 429;
  busy.retry_after = 30s;
  http_.Answer(busy, "");
  const Error error = Failure();
  EXPECT_ERROR(error, ErrorCode::kHttpStatus,
               "the OMS answered that there were too many requests (429); it asks us to wait 30s");
  EXPECT_EQ(error.retry_after, 30s);
}

TEST_F(OmsApiTest, TheWaitThatIsAskedForCountsFor429And503) {
  for (const auto& [status, heeded] : {std::pair(429, true), {503, true}, {500, false}, {401, false}}) {
    HttpResponse response;
    response.status = status;
    response.retry_after = 9s;
    http_.Answer(response, "");
    EXPECT_EQ(Failure().retry_after, heeded ? std::optional<Millis>(9s) : std::nullopt) << status;
  }
}

TEST_F(OmsApiTest, MoreHeadersGoWithTheRequest) {
  config_.headers = {{"CF-Access-Client-Id", Secret("id-1")}};
  http_.Answer(200, std::string(kAnswer));
  ASSERT_TRUE(Recent());
  EXPECT_EQ(http_.requests.back().headers[1].first, "CF-Access-Client-Id");
  EXPECT_EQ(http_.requests.back().headers[1].second, Secret("id-1"));
}

TEST_F(OmsApiTest, GoodStatusWithoutJson) {
  http_.Answer(200, "<html>your key k-123 is wrong</html>", "text/html");
  EXPECT_ERROR(
      Failure(), ErrorCode::kNotJson,
      "the OMS answered 200 with something that is not JSON (content type 'text/html'): check OMS_URL");
  http_.Answer(200, "", "");
  EXPECT_ERROR(Failure(), ErrorCode::kNotJson,
               "the OMS answered 200 with an empty body (no content type): check OMS_URL");
}

TEST_F(OmsApiTest, AnswerThatIsWrong) {
  http_.Answer(200, R"({"data":[{"order_id":)");
  EXPECT_ERROR(Failure(), ErrorCode::kBadJson, "the OMS's answer: the JSON ends in the middle, at byte 21");
  http_.Answer(200, R"({"error":"none"})");
  EXPECT_ERROR(Failure(), ErrorCode::kBadShape,
               "the OMS's answer: data: missing, expected an array of orders");
  http_.Answer(200, std::string(1'001, ' '));
  EXPECT_EQ(Name(Failure().code), "too_large");
}

}  // namespace
}  // namespace o2o

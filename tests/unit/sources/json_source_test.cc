// SPDX-License-Identifier: Apache-2.0
#include "sources/json_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;
using Headers = std::vector<std::pair<std::string, Secret>>;

TEST(JsonSourceConfigTest, EveryKeyIsRead) {
  const Config config = Load(ReadFixture("good-sources.yml"), {{"CITY", "Hanoi"}, {"TENANT", "t"}});
  const auto& flags = Block<JsonSourceConfig>(config, "flags");
  EXPECT_EQ(flags.url, "http://shop.test:8000/api/v1/flags/?tenant=t&a=b/");
  EXPECT_EQ(flags.method, "POST");
  EXPECT_EQ(flags.body, "{\"a\": \"$x\"}");
  const std::vector<std::pair<std::string, Secret>> headers = {
      {"X-Tenant", Secret("t")},
      {"Accept", Secret("application/json")},
      {"X-Key", Secret("host=db password=from-a-file")}};
  ASSERT_EQ(flags.headers.size(), headers.size());
  for (std::size_t i = 0; i < headers.size(); ++i) {
    EXPECT_EQ(flags.headers[i].first, headers[i].first);
    EXPECT_EQ(flags.headers[i].second.Current(), headers[i].second);
  }
  EXPECT_EQ(flags.username, "u");
  EXPECT_EQ(flags.password, Secret("p"));
  EXPECT_TRUE(flags.bearer_token.empty());
  EXPECT_TRUE(flags.tls.insecure_skip_verify);
  EXPECT_EQ(flags.proxy.url, "https://proxy.test");
  EXPECT_EQ(flags.max_body_bytes, 1'000'000u);
  const auto& stock = Block<JsonSourceConfig>(config, "stock");
  EXPECT_EQ(stock.body, R"({"filter":{"kind":["discount"]},"limit":100})");
  EXPECT_EQ(stock.bearer_token.Current(), Secret("host=db password=from-a-file"));
  EXPECT_TRUE(stock.username.empty());
}

class JsonSourceTest : public ::testing::Test {
 protected:
  JsonSourceTest() {
    config_.url = "https://shop.example/api/v1/flags/?all=1";
    MetricConfig metric;
    metric.name = "flag";
    metric.help = "Flag.";
    metric.labels = {{"flag", "$key"}};
    metric.value_column = "$value";
    config_.mapping.metrics = {metric};
  }

  Result<PollResult> Poll() { return JsonSource(config_, 7s, http_, clock_).Poll({}); }

  // As sent.
  HttpRequest Request() {
    http_.Answer(200, "{\"a\":1}");
    EXPECT_TRUE(Poll());
    return http_.requests.back();
  }

  Headers Sent() {
    Headers headers = Request().headers;
    std::sort(headers.begin(), headers.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return headers;
  }

  JsonSourceConfig config_;
  FakeClock clock_{Timestamp(1'760'000'000s)};
  FakeHttpClient http_;
};

TEST_F(JsonSourceTest, ObjectOfScalarsBecomesSeries) {
  http_.Answer(200, R"({"checkout.new_flow": true, "old": false, "share": 0.25, "text": "x"})");
  const auto result = Poll();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows, 4u);
  ASSERT_EQ(result->families.size(), 1u);
  EXPECT_EQ(result->sample_rows.size(), 4u);
}

TEST_F(JsonSourceTest, GetAsConfigured) {
  config_.max_body_bytes = 1'234;
  const HttpRequest request = Request();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://shop.example/api/v1/flags/?all=1");
  EXPECT_EQ(request.timeout, 7s);
  EXPECT_EQ(request.max_body_bytes, 1'234u);
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.headers, (Headers{{"Accept", Secret("application/json")}}));
}

TEST_F(JsonSourceTest, PostWithABody) {
  config_.method = "POST";
  config_.body = R"({"query":"{ flags }"})";
  EXPECT_EQ(Sent(),
            (Headers{{"Accept", Secret("application/json")}, {"Content-Type", Secret("application/json")}}));
  EXPECT_EQ(http_.requests[0].method, "POST");
  EXPECT_EQ(http_.requests[0].body, config_.body);
}

TEST_F(JsonSourceTest, ConfiguredHeadersReplaceOurs) {
  config_.method = "POST";
  config_.body = "<q/>";
  config_.headers = {{"accept", Secret("application/vnd.api+json")},
                     {"CONTENT-TYPE", Secret("text/xml")},
                     {"X-Tenant", Secret("s-1")}};
  EXPECT_EQ(Sent(), (Headers{{"CONTENT-TYPE", Secret("text/xml")},
                             {"X-Tenant", Secret("s-1")},
                             {"accept", Secret("application/vnd.api+json")}}));
}

TEST_F(JsonSourceTest, BasicAndBearer) {
  config_.username = "Aladdin";
  config_.password = Secret("open sesame");
  EXPECT_EQ(Sent().size(), 1u);
  EXPECT_EQ(http_.requests.back().user, "Aladdin");
  EXPECT_EQ(http_.requests.back().password, Secret("open sesame"));
  config_.username = "";
  config_.bearer_token = Secret("b-1");
  EXPECT_EQ(Sent()[1], (std::pair<std::string, Secret>("Authorization", Secret("Bearer b-1"))));
}

struct BadAnswer {
  const char* name;
  int status;
  const char* body;
  ErrorCode code;
  const char* advice;
};

class JsonRefusalTest : public JsonSourceTest, public ::testing::WithParamInterface<BadAnswer> {};

TEST_P(JsonRefusalTest, HasItsReasonAndSaysWhatToDo) {
  const BadAnswer& bad = GetParam();
  config_.bearer_token = Secret("b-secret");
  HttpResponse response;
  response.status = bad.status;
  response.content_type = "text/html";
  if (bad.status == 301) response.location = "https://shop.example/api/v1/flags";
  http_.Answer(response, bad.body);
  const auto result = Poll();
  ASSERT_FALSE(result);
  EXPECT_EQ(Name(result.error().code), Name(bad.code));
  EXPECT_NE(result.error().message.find(bad.advice), std::string::npos) << result.error().message;
  EXPECT_EQ(result.error().message.find("b-secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, JsonRefusalTest,
    ::testing::Values(
        BadAnswer{"unauthorized", 401, "", ErrorCode::kUnauthorized, "check its credentials"},
        BadAnswer{"forbidden", 403, "", ErrorCode::kUnauthorized, "check its credentials"},
        BadAnswer{"redirect", 301, "", ErrorCode::kRedirect, "https://shop.example/api/v1/flags (301)"},
        BadAnswer{"redirect_to_nowhere", 302, "", ErrorCode::kRedirect,
                  "answered 302, a redirect that names no address (no Location)"},
        BadAnswer{"not_modified", 304, "", ErrorCode::kRedirect,
                  "answered 304 (not modified), which carries no rows"},
        BadAnswer{"too_many", 429, "", ErrorCode::kHttpStatus, "too many requests (429)"},
        BadAnswer{"not_found", 404, "", ErrorCode::kNotFound, "check the path"},
        BadAnswer{"error", 500, "", ErrorCode::kHttpStatus, "answered 500, expected 200"},
        BadAnswer{"no_content", 204, "", ErrorCode::kNotJson, "answered 204 with an empty body"},
        BadAnswer{"login_page", 200, "<html>", ErrorCode::kNotJson, "text/html"},
        BadAnswer{"empty", 200, "", ErrorCode::kNotJson, "an empty body"},
        BadAnswer{"cut", 200, "{\"a\":1", ErrorCode::kBadJson, "ends"},
        BadAnswer{"array", 200, "[1]", ErrorCode::kBadShape, "object"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(JsonSourceTest, AnySuccessWhoseBodyMapsIsGood) {
  for (const int status : {200, 201, 202, 203, 206, 207, 226, 299}) {
    http_.Answer(status, "{\"a\":1}");
    EXPECT_TRUE(Poll()) << status;
    http_.Answer(status, "{\"a\":1");
    EXPECT_FALSE(Poll()) << status << " of half a body";
  }
}

TEST_F(JsonSourceTest, TheWaitThatIsAskedForIsPassedOn) {
  for (const int status : {429, 503}) {
    HttpResponse response;
    response.status = status;
    response.retry_after = 9s;
    http_.Answer(response, "slow down");
    const auto result = Poll();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().retry_after, 9s);
    EXPECT_TRUE(result.error().message.ends_with("; it asks us to wait 9s")) << result.error().message;
  }
}

TEST_F(JsonSourceTest, ItsPathMayHoldAKey) {
  http_.Answer(200, "{\"a\":1}");
  ASSERT_TRUE(Poll());
  EXPECT_TRUE(http_.requests.back().hides_path);
}

}  // namespace
}  // namespace o2o

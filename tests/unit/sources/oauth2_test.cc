// SPDX-License-Identifier: Apache-2.0
#include "sources/oauth2.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"
#include "sources/json_source.h"
#include "sources/oms/config.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

class OAuth2Test : public ::testing::Test {
 protected:
  static OAuth2Config Config() {
    OAuth2Config config;
    config.token_url = "http://login.example/token";
    config.client_id = "o2o exporter";
    config.client_secret = Secret("s3cret:of/it");
    config.scopes = {"orders.read", "stock.read"};
    config.parameters = {{"audience", "https://shop.example"}};
    return config;
  }
  void GivesToken(const std::string& token, const std::string& more = R"(,"expires_in":3600)") {
    http_.Answer(200, R"({"access_token":")" + token + R"(","token_type":"Bearer")" + more + "}");
  }
  Result<HttpResponse> Ask() {
    HttpRequest request;
    request.url = "http://shop.example/flags";
    request.timeout = 7s;
    return client_.Send(request, [](std::string_view) { return true; }, {});
  }
  // The Authorization of the last request.
  std::string Sent() const {
    for (const auto& [name, value] : http_.requests.back().headers) {
      if (name == "Authorization") return value.Reveal();
    }
    return "-";
  }

  FakeClock clock_{Timestamp(1'760'000'000s)};
  FakeHttpClient http_;
  OAuth2Client client_{Config(), http_, clock_};
};

TEST_F(OAuth2Test, AsksForATokenAsTheRfcSays) {
  GivesToken("t-1");
  http_.Answer(200, "{}");
  ASSERT_TRUE(Ask());
  const HttpRequest& request = http_.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://login.example/token");
  EXPECT_EQ(
      request.body,
      "grant_type=client_credentials&scope=orders.read%20stock.read&audience=https%3A%2F%2Fshop.example");
  // RFC 6749, 2.3.1: both are encoded first.
  EXPECT_EQ(request.user, "o2o%20exporter");
  EXPECT_EQ(request.password, Secret("s3cret%3Aof%2Fit"));
  EXPECT_EQ(Sent(), "Bearer t-1");
}

TEST_F(OAuth2Test, SecretInTheBodyWhereTheServerWantsItSo) {
  OAuth2Config config = Config();
  config.secret_in_body = true;
  config.scopes.clear();
  config.parameters.clear();
  OAuth2Client client(config, http_, clock_);
  GivesToken("t-1");
  http_.Answer(200, "{}");
  HttpRequest request;
  request.timeout = 7s;
  ASSERT_TRUE(client.Send(request, [](std::string_view) { return true; }, {}));
  EXPECT_EQ(http_.requests[0].body,
            "grant_type=client_credentials&client_id=o2o%20exporter&client_secret=s3cret%3Aof%2Fit");
  EXPECT_EQ(http_.requests[0].user, "");
  for (const auto& header : http_.requests[0].headers) EXPECT_NE(header.first, "Authorization");
}

TEST_F(OAuth2Test, IsKeptAndRenewedBeforeItExpires) {
  GivesToken("t-1");
  for (int poll = 0; poll < 3; ++poll) http_.Answer(200, "{}");
  for (int poll = 0; poll < 3; ++poll) {
    ASSERT_TRUE(Ask());
    EXPECT_EQ(Sent(), "Bearer t-1");
    clock_.Advance(19min);
  }
  clock_.Advance(2min);  // a minute before its end
  GivesToken("t-2");
  http_.Answer(200, "{}");
  ASSERT_TRUE(Ask());
  EXPECT_EQ(Sent(), "Bearer t-2");
}

TEST_F(OAuth2Test, ARenewalThatFailsLeavesTheOldOneToItsEnd) {
  GivesToken("t-1");
  http_.Answer(200, "{}");
  ASSERT_TRUE(Ask());
  clock_.Advance(59min + 30s);
  http_.FailWith(ErrorCode::kConnect, "connection refused");
  http_.Answer(200, "{}");
  ASSERT_TRUE(Ask());
  EXPECT_EQ(Sent(), "Bearer t-1");
  clock_.Advance(30s);
  http_.FailWith(ErrorCode::kConnect, "connection refused");
  const auto late = Ask();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConnect);
  EXPECT_EQ(late.error().message, "asking for a token: connection refused");
}

TEST_F(OAuth2Test, OneThatIsRefusedIsRenewedOnce) {
  GivesToken("t-1");
  http_.Answer(200, "{}");
  ASSERT_TRUE(Ask());
  clock_.Advance(5min);
  http_.Answer(401, "");
  GivesToken("t-2");
  http_.Answer(200, "{}");
  const auto response = Ask();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(Sent(), "Bearer t-2");
  // A new one that is refused as well is not at fault.
  http_.Answer(401, "");
  const auto refused = Ask();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_TRUE(http_.ended());
}

TEST_F(OAuth2Test, WithoutALifeATokenIsKeptForAnHour) {
  for (const char* life : {"", R"(,"expires_in":0)", R"(,"expires_in":"soon")"}) {
    GivesToken("t-1", life);
    http_.Answer(200, "{}");
    http_.Answer(200, "{}");
    ASSERT_TRUE(Ask());
    clock_.Advance(58min);
    ASSERT_TRUE(Ask());
    EXPECT_TRUE(http_.ended()) << life;
    clock_.Advance(2min);
  }
}

TEST_F(OAuth2Test, BothTogetherTakeNoLongerThanTheRequestMay) {
  class Slow final : public HttpClient {
   public:
    Slow(HttpClient& http, FakeClock& clock) : http_(http), clock_(clock) {}
    Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink,
                              std::stop_token stop) override {
      clock_.Advance(3s);
      return http_.Send(request, sink, stop);
    }

   private:
    HttpClient& http_;
    FakeClock& clock_;
  } slow(http_, clock_);
  OAuth2Client client(Config(), slow, clock_);
  HttpRequest request;
  request.timeout = 7s;
  GivesToken("t-1");
  http_.Answer(200, "{}");
  ASSERT_TRUE(client.Send(request, [](std::string_view) { return true; }, {}));
  EXPECT_EQ(http_.requests[0].timeout, 7s);
  EXPECT_EQ(http_.requests[1].timeout, 4s);
}

struct Refused {
  const char* name;
  int status;
  const char* body;
  ErrorCode code;
  const char* words;
};

class OAuth2RefusalTest : public OAuth2Test, public ::testing::WithParamInterface<Refused> {};

TEST_P(OAuth2RefusalTest, HasItsReasonAndSaysWhatToDo) {
  const Refused& refused = GetParam();
  HttpResponse response;
  response.status = refused.status;
  response.retry_after = 9s;
  http_.Answer(response, refused.body);
  const auto result = Ask();
  ASSERT_FALSE(result);
  EXPECT_EQ(Name(result.error().code), Name(refused.code));
  EXPECT_NE(result.error().message.find(refused.words), std::string::npos) << result.error().message;
  EXPECT_EQ(result.error().message.find("s3cret"), std::string::npos);
  EXPECT_EQ(result.error().retry_after.has_value(), refused.status == 429);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, OAuth2RefusalTest,
    ::testing::Values(
        Refused{"client", 401, R"({"error":"invalid_client"})", ErrorCode::kUnauthorized,
                "refused the client (401): invalid_client: check oauth2.client_id"},
        Refused{"scope", 400, R"({"error":"invalid_scope s3cret:of/it"})", ErrorCode::kUnauthorized,
                "invalid_scope"},
        Refused{"redirect", 302, "", ErrorCode::kRedirect, "a redirect that names no address"},
        Refused{"too_many", 429, "", ErrorCode::kHttpStatus,
                "too many requests (429); it asks us to wait 9s"},
        Refused{"error", 500, "", ErrorCode::kHttpStatus, "the token endpoint answered 500, expected 200"},
        Refused{"page", 200, "<html>", ErrorCode::kNotJson, "not JSON"},
        Refused{"none", 200, R"({"token":"x"})", ErrorCode::kBadShape, "access_token"},
        Refused{"unsendable", 200, R"({"access_token":"a\r\nX-Evil: 1"})", ErrorCode::kBadShape,
                "that a header can carry"},
        Refused{"type", 200, R"({"access_token":"x","token_type":"mac"})", ErrorCode::kBadShape, "type mac"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(OAuth2ConfigTest, IsReadForJsonAndOms) {
  const std::string block =
      "oauth2: {token_url: 'https://login.test/t?x=1', client_id: c, client_secret: s, scopes: [a, b], "
      "parameters: {audience: x}, secret_in_body: true}";
  const Config config =
      Load("store: {dsn: host=db}\nsources:\n  - name: flags\n    json: {url: http://shop.test/, " + block +
           "}\n    metrics: [{name: flag_on, help: On., value: $value}]\n"
           "  - name: orders\n    oms: {url: http://oms.test, " +
           block + "}\n");
  for (const auto& oauth2 :
       {Block<JsonSourceConfig>(config, "flags").oauth2, Block<OmsSourceConfig>(config, "orders").oauth2}) {
    ASSERT_TRUE(oauth2);
    EXPECT_EQ(oauth2->token_url, "https://login.test/t?x=1");
    EXPECT_EQ(oauth2->client_id, "c");
    EXPECT_EQ(oauth2->client_secret, Secret("s"));
    EXPECT_EQ(oauth2->scopes, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(oauth2->parameters, (std::vector<std::pair<std::string, std::string>>{{"audience", "x"}}));
    EXPECT_TRUE(oauth2->secret_in_body);
  }
}

TEST(OAuth2ConfigTest, MistakesAreTold) {
  const auto mistake = [](const std::string& json) {
    const auto mistakes = Mistakes("sources:\n  - name: flags\n    json: {url: http://shop.test/, " + json +
                                       "}\n    metrics: [{name: flag_on, help: On., value: $value}]\n",
                                   "f.yml");
    return mistakes.empty() ? "" : mistakes[0];
  };
  EXPECT_NE(mistake("oauth2: {token_url: http://t.test, client_id: c}").find("client_secret"),
            std::string::npos);
  EXPECT_NE(mistake("oauth2: {token_url: t.test, client_id: c, client_secret: s}")
                .find("is not an http or https URL"),
            std::string::npos);
  EXPECT_NE(mistake("bearer_token: b, oauth2: {token_url: http://t.test, client_id: c, client_secret: s}")
                .find("given beside basic_auth or bearer_token"),
            std::string::npos);
  EXPECT_NE(
      mistake(
          "headers: {Authorization: b}, oauth2: {token_url: http://t.test, client_id: c, client_secret: s}")
          .find("given beside basic_auth, bearer_token or oauth2"),
      std::string::npos);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr char kRows[] = "[\n{\"Vendor Code\":\"V1\",\"Stock\":5},\n{\"Vendor Code\":\"V2\",\"Stock\":7}\n]";
constexpr char kLive[] =
    R"({"id":7179,"dataset_query":{"native":{"query":"SELECT secret_sql"}},"archived":false})";
constexpr char kArchived[] = R"({"id":7179,"result_metadata":[{"archived":false}],"archived":true})";

MetabaseSourceConfig StockQuestion() {
  MetabaseSourceConfig config;
  config.url = "http://mb.example";
  config.username = "user@example.com";
  config.password = Secret("p-secret");
  config.question = 7179;
  MetricConfig metric;
  metric.name = "stock";
  metric.help = "Stock.";
  metric.labels = {{"vendor", "Vendor Code"}};
  metric.value_column = "Stock";
  config.mapping.metrics = {metric};
  return config;
}

std::string Header(const HttpRequest& request, const std::string& name) {
  for (const auto& [its_name, value] : request.headers) {
    if (its_name == name) return value.Reveal();
  }
  return "-";
}

// Takes its time before each answer of another.
class SlowClient final : public HttpClient {
 public:
  SlowClient(HttpClient& http, FakeClock& clock, Millis takes) : http_(http), clock_(clock), takes_(takes) {}
  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override {
    clock_.Advance(takes_);
    return http_.Send(request, sink, stop);
  }

 private:
  HttpClient& http_;
  FakeClock& clock_;
  const Millis takes_;
};

class MetabaseSourceTest : public ::testing::Test {
 protected:
  void LoginWorks(const std::string& token = "t-1") {
    login_http_.Answer(200, R"({"id":")" + token + R"("})");
  }
  void AnswerRows(const std::string& body = kRows) {
    http_.Answer(200, body, "application/json; charset=utf-8");
  }

  Result<PollResult> Poll() { return source_.Poll({}); }

  // With a login, and the question not archived.
  Result<PollResult> PollOf(int status, std::string body,
                            std::string content_type = "application/json;charset=utf-8") {
    LoginWorks();
    http_.Answer(status, std::move(body), std::move(content_type));
    http_.Answer(200, kLive);
    return Poll();
  }

  MetabaseShare ShareOf(MetabaseSession* session) { return {turns_, version_, session}; }

  Error Failure(Result<PollResult> result) {
    if (!result) return result.error();
    ADD_FAILURE() << "got " << result->rows << " rows";
    return {};
  }

  FakeClock clock_{Timestamp(1'760'000'000s)};
  FakeHttpClient login_http_;
  FakeHttpClient http_;
  LoginBudget budget_;
  QueryTurns turns_{clock_};
  VersionLog version_{"http://mb.example", clock_};
  MetabaseSession session_{
      "http://mb.example", "user@example.com", Secret("p-secret"), login_http_, budget_, clock_};
  MetabaseSource source_{StockQuestion(), 60s, http_, ShareOf(&session_), clock_};
};

TEST_F(MetabaseSourceTest, RowsBecomeSeries) {
  const auto result = PollOf(200, kRows);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows, 2u);
  EXPECT_EQ(result->response_bytes, sizeof kRows - 1);
  EXPECT_EQ(result->sample_rows, (std::vector<std::string>{R"({"Vendor Code":"V1","Stock":5})",
                                                           R"({"Vendor Code":"V2","Stock":7})"}));
  EXPECT_EQ(result->trouble, std::nullopt);
  ASSERT_EQ(result->families.size(), 1u);
  EXPECT_EQ(result->families[0].desc.name, "stock");
}

TEST_F(MetabaseSourceTest, AsksAsEveryVersionUnderstandsIt) {
  ASSERT_TRUE(PollOf(200, kRows));
  const HttpRequest& request = http_.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://mb.example/api/card/7179/query/json");
  EXPECT_EQ(request.body, "parameters=%5B%5D&format_rows=false&pivot_results=false");
  EXPECT_EQ(Header(request, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(Header(request, "X-Metabase-Session"), "t-1");
  EXPECT_EQ(Header(request, "Cookie"), "-");
  EXPECT_EQ(request.timeout, 60s);
  for (const HttpRequest& asked : http_.requests) EXPECT_TRUE(asked.fresh_connection) << asked.url;
}

TEST_F(MetabaseSourceTest, ParametersAreFormEncoded) {
  MetabaseSourceConfig config = StockQuestion();
  config.parameters = R"([{"value":"Hà Nội & co+1"}])";
  MetabaseSource source(config, 60s, http_, ShareOf(&session_), clock_);
  LoginWorks();
  AnswerRows();
  http_.Answer(200, kLive);
  ASSERT_TRUE(source.Poll({}));
  EXPECT_EQ(http_.requests[0].body,
            "parameters=%5B%7B%22value%22%3A%22H%C3%A0%20N%E1%BB%99i%20%26%20co%2B1%22%7D%5D&format_rows="
            "false&pivot_results=false");
}

TEST_F(MetabaseSourceTest, EmptyResultIsAGoodAnswer) {
  const auto result = PollOf(202, "[\n\n]");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows, 0u);
}

TEST_F(MetabaseSourceTest, RowsOfFailedThingsAreGoodRows) {
  const auto result = PollOf(
      200,
      R"([{"Vendor Code":"V1","Stock":1,"status":"failed","error":"boom"},{"Vendor Code":"V2","Stock":2,"status":"failed","error":"boom"}])");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->rows, 2u);
}

TEST_F(MetabaseSourceTest, LeadingBlanksAreTolerated) {
  EXPECT_TRUE(PollOf(200, std::string(1'000, '\n') + kRows));
}

// Sessions and keys

TEST_F(MetabaseSourceTest, ExpiredSessionIsRenewedExactlyOnce) {
  LoginWorks("t-1");
  LoginWorks("t-2");
  http_.Answer(401, "Unauthenticated", "text/plain");
  AnswerRows();
  http_.Answer(200, kLive);
  ASSERT_TRUE(Poll());
  EXPECT_EQ(Header(http_.requests[1], "X-Metabase-Session"), "t-2");
  EXPECT_EQ(login_http_.requests.size(), 2u);
}

TEST_F(MetabaseSourceTest, FreshSessionThatIsRefusedIsAnError) {
  for (int login = 0; login < 3; ++login) LoginWorks("t-" + std::to_string(login));
  for (int i = 0; i < 3; ++i) http_.Answer(401, "Unauthenticated", "text/plain");
  const Error error = Failure(Poll());
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_NE(error.message.find("An `api_key` may help"), std::string::npos) << error.message;
  EXPECT_EQ(http_.requests.size(), 2u);
  EXPECT_EQ(login_http_.requests.size(), 2u);
}

TEST_F(MetabaseSourceTest, SecondTryHasTheRestOfTheTime) {
  SlowClient slow_login(login_http_, clock_, 9s), slow(http_, clock_, 9s);
  MetabaseSession session("http://mb.example", "u", Secret("p"), slow_login, budget_, clock_);
  MetabaseSource source(StockQuestion(), 40s, slow, ShareOf(&session), clock_);
  LoginWorks("t-1");
  LoginWorks("t-2");
  http_.Answer(401, "Unauthenticated", "text/plain");
  AnswerRows();
  http_.Answer(200, kLive);
  ASSERT_TRUE(source.Poll({}));
  EXPECT_EQ(http_.requests[0].timeout, 31s);
  EXPECT_EQ(http_.requests[1].timeout, 13s);
  EXPECT_EQ(http_.requests[2].timeout, 4s);  // whether it is archived
}

TEST_F(MetabaseSourceTest, AnAnswerAtTheDeadlineLeavesNoTimeToAskWhetherTheQuestionIsArchived) {
  for (const Millis takes : {Millis(30s), Millis(29s)}) {
    SCOPED_TRACE(takes.count());
    http_.requests.clear();
    MetabaseSession session("http://mb.example", "u", Secret("p"), login_http_, budget_, clock_);
    SlowClient slow(http_, clock_, takes);
    MetabaseSource source(StockQuestion(), 30s, slow, ShareOf(&session), clock_);
    LoginWorks();
    AnswerRows();
    if (takes < 30s) http_.Answer(200, kLive);
    ASSERT_TRUE(source.Poll({}));
    EXPECT_EQ(http_.requests.size(), takes < 30s ? 2u : 1u);
  }
}

TEST_F(MetabaseSourceTest, LoginThatTookAllTheTimeIsATimeout) {
  LoginWorks();
  SlowClient slow(login_http_, clock_, 10s);
  MetabaseSession session("http://mb.example", "u", Secret("p"), slow, budget_, clock_);
  MetabaseSource source(StockQuestion(), 10s, http_, ShareOf(&session), clock_);
  EXPECT_EQ(Failure(source.Poll({})).code, ErrorCode::kTimeout);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(MetabaseSourceTest, ThreeSourcesShareOneLogin) {
  MetabaseSource second(StockQuestion(), 60s, http_, ShareOf(&session_), clock_);
  MetabaseSource third(StockQuestion(), 60s, http_, ShareOf(&session_), clock_);
  LoginWorks();
  for (MetabaseSource* source : {&source_, &second, &third}) {
    AnswerRows();
    http_.Answer(200, kLive);
    EXPECT_TRUE(source->Poll({}));
  }
  EXPECT_EQ(login_http_.requests.size(), 1u);
}

TEST_F(MetabaseSourceTest, ApiKeyNeverLogsIn) {
  MetabaseSourceConfig config = StockQuestion();
  config.api_key = Secret("mb_key");
  MetabaseSource source(config, 60s, http_, ShareOf(nullptr), clock_);
  AnswerRows();
  http_.Answer(200, kLive);
  ASSERT_TRUE(source.Poll({}));
  for (const HttpRequest& request : http_.requests) {
    if (request.url.ends_with("/api/session/properties")) continue;
    EXPECT_EQ(Header(request, "X-API-KEY"), "mb_key");
    EXPECT_EQ(Header(request, "X-Metabase-Session"), "-");
  }
  http_.Answer(401, "Unauthenticated", "text/plain");
  const Error error = Failure(source.Poll({}));
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_NE(error.message.find("check `api_key`"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("mb_key"), std::string::npos);
  EXPECT_EQ(http_.requests.size(), 4u);
  EXPECT_TRUE(login_http_.requests.empty());
}

TEST_F(MetabaseSourceTest, RefusedLoginIsTheSourcesError) {
  login_http_.Answer(200, R"({"mfa_required":true})");
  EXPECT_EQ(Failure(Poll()).code, ErrorCode::kMfaRequired);
  EXPECT_TRUE(http_.requests.empty());
}

// Answers that are none

struct BadAnswer {
  const char* name;
  int status;
  std::string body;
  ErrorCode code;
  const char* advice;  // in the message
  const char* content_type = "application/json;charset=utf-8";
};

std::string Failed(const std::string& more, std::size_t stacktrace = 3) {
  std::string frames;
  for (std::size_t i = 0; i < stacktrace; ++i)
    frames += (i > 0 ? ",\"" : "\"") + std::string("clojure.lang.RestFn.invoke(RestFn.java:457)\"");
  return R"({"database_id":1,"started_at":"2026-01-01T00:00:00Z","via":[{"status":"failed","class":"x","error":"inner secret_sql",)"
         R"("stacktrace":[)" +
         frames +
         R"(]}],"json_query":{"native":{"query":"SELECT secret_sql FROM t"}},"native":{"query":"SELECT secret_sql"},)"
         R"("status":"failed","class":"class org.postgresql.util.PSQLException","stacktrace":[)" +
         frames + R"(],"card_id":7179,"context":"json-download",)" + more +
         R"(,"row_count":0,"running_time":0,"data":{"rows":[],"cols":[]}})";
}

const char kRelation[] =
    R"("error":"ERROR: relation \"foo\" does not exist\n  Position: 15 in SELECT secret_sql FROM foo","state":"42P01")";

class BadAnswerTest : public MetabaseSourceTest, public ::testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswerTest, HasItsReasonAndSaysWhatToDo) {
  const BadAnswer& bad = GetParam();
  LoginWorks();
  HttpResponse response;
  response.status = bad.status;
  response.content_type = bad.content_type;
  if (bad.status == 302) response.location = "https://mb.example/";
  http_.Answer(std::move(response), bad.body);
  const Error error = Failure(Poll());
  EXPECT_EQ(Name(error.code), Name(bad.code)) << error.message;
  EXPECT_NE(error.message.find(bad.advice), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("secret_sql"), std::string::npos) << error.message;
  EXPECT_LT(error.message.size(), 500u);
  EXPECT_EQ(error.message.find("p-secret"), std::string::npos);
  EXPECT_EQ(error.message.find("t-1"), std::string::npos);
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  EXPECT_EQ(http_.requests.size(), 1u) << "asked again";
  EXPECT_EQ(login_http_.requests.size(), 1u);
}

const char kHtml[] = "text/html;charset=utf-8";
const char kText[] = "text/plain";

INSTANTIATE_TEST_SUITE_P(
    Answers, BadAnswerTest,
    ::testing::Values(
        BadAnswer{"failed_200", 200, Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_202", 202, Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_400", 400, Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_500", 500, Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_huge", 200, Failed(kRelation, 40'000), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_huge_500", 500, Failed(kRelation, 40'000), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"failed_without_words", 202, R"({"status":"failed","error":null})", ErrorCode::kQueryFailed,
                  "try it there"},
        BadAnswer{"error_alone", 200, R"({"error":"An error occurred."})", ErrorCode::kQueryFailed,
                  "An error occurred"},
        BadAnswer{"appended", 200,
                  "[\n{\"Vendor Code\":\"V1\",\"Stock\":1},\n{\"Vendor Code\":\"V2\",\"Stock\":2}" +
                      Failed(R"("error":"Error reducing result rows: ERROR: gone")"),
                  ErrorCode::kQueryFailed, "Error reducing result rows: ERROR: gone"},
        BadAnswer{"appended_huge", 200, "[\n{\"Vendor Code\":\"V1\",\"Stock\":1}" + Failed(kRelation, 40'000),
                  ErrorCode::kQueryFailed, "relation \"foo\" does not exist"},
        BadAnswer{"behind_a_comma", 200, "[\n{\"Vendor Code\":\"V1\",\"Stock\":1},\n" + Failed(kRelation),
                  ErrorCode::kQueryFailed, "relation \"foo\" does not exist"},
        BadAnswer{"behind_a_comma_huge", 200,
                  "[\n{\"Vendor Code\":\"V1\",\"Stock\":1},\n" + Failed(kRelation, 40'000),
                  ErrorCode::kQueryFailed, "relation \"foo\" does not exist"},
        BadAnswer{"behind_a_comma_with_a_blank_line", 200,
                  "[\n{\"Vendor Code\":\"V1\",\"Stock\":1},\n" + Failed(kRelation) + "\n",
                  ErrorCode::kQueryFailed, "relation \"foo\" does not exist"},
        BadAnswer{"instead_of_rows", 200, "[\n" + Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"instead_of_rows_huge", 200, "[\n" + Failed(kRelation, 40'000), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"behind_the_bracket", 200, std::string(kRows) + Failed(kRelation), ErrorCode::kQueryFailed,
                  "relation \"foo\" does not exist"},
        BadAnswer{"behind_the_bracket_and_a_line", 200, std::string(kRows) + "\n" + Failed(kRelation),
                  ErrorCode::kQueryFailed, "relation \"foo\" does not exist"},
        BadAnswer{"rows_of_failures_cut", 200,
                  R"([{"Vendor Code":"V1","Stock":1,"status":"failed","error":"boom"})", ErrorCode::kBadJson,
                  "ends"},
        BadAnswer{
            "rows_of_failures_cut_later", 200,
            R"([{"Vendor Code":"V1","Stock":1,"status":"sold","error":""},{"status":"failed","error":"x"})",
            ErrorCode::kBadJson, "ends"},
        BadAnswer{"another_object_behind", 200, std::string(kRows) + R"({"status":"sold"})",
                  ErrorCode::kBadJson, "byte"},
        BadAnswer{"escaped", 200,
                  R"({"via":[{"type":"NullPointer"}],"trace":[["a"]],"cause":"\"x\" is null","_status":500})",
                  ErrorCode::kQueryFailed, "\"x\" is null"},
        BadAnswer{
            "permission", 400,
            Failed(
                R"("error_type":"missing-required-permissions","error":"You do not have permissions to run this query.")"),
            ErrorCode::kForbidden, "You do not have permissions to run this query: give the user"},
        BadAnswer{"download_permission", 202,
                  Failed(R"("error":"You do not have permissions to download the results of this query.")"),
                  ErrorCode::kForbidden, "give the user or the key's group access"},
        BadAnswer{
            "parameter", 202,
            Failed(
                R"("error_type":"missing-required-parameter","error":"You'll need to pick a value for 'Env' before this query can run.")"),
            ErrorCode::kQueryFailed, "set `parameters`"},
        BadAnswer{"query_timeout", 500,
                  Failed(R"("error_type":"timed-out","error":"Timed out after 20.0 mins.")"),
                  ErrorCode::kTimeout, "make the question faster"},
        BadAnswer{"pool", 202,
                  Failed(R"("error":"An attempt by a client to checkout a Connection has timed out.")"),
                  ErrorCode::kQueryFailed, "checkout a Connection"},
        BadAnswer{
            "unknown_tag", 500,
            R"({"message":"Invalid parameter: Card 7,179 does not have a template tag named \"x\".","invalid-parameter":{}})",
            ErrorCode::kQueryFailed, "check `parameters`"},
        BadAnswer{"error_500", 500, R"({"via":[],"trace":[],"cause":"no app db","message":"no app db"})",
                  ErrorCode::kHttpStatus, "look into its log: no app db"},
        BadAnswer{"hidden_500", 500, R"({"message":"Something went wrong"})", ErrorCode::kHttpStatus,
                  "look into its log: Something went wrong"},
        BadAnswer{"gateway_json", 502, R"({"error":"upstream"})", ErrorCode::kHttpStatus,
                  "a proxy in front of it gave up"},
        BadAnswer{"bad_gateway", 502, "<html>502</html>", ErrorCode::kHttpStatus,
                  "a proxy in front of it gave up", kHtml},
        BadAnswer{"gateway_timeout", 504, "<html>504</html>", ErrorCode::kHttpStatus,
                  "a proxy in front of it gave up", kHtml},
        BadAnswer{"initializing", 503, "Metabase is still initializing. Please sit tight...",
                  ErrorCode::kInitializing, "waiting for it", kText},
        BadAnswer{"initializing_json", 503, R"({"status":"initializing","progress":0.3})",
                  ErrorCode::kInitializing, "waiting for it"},
        BadAnswer{"no_app_db", 503, R"({"status":"Unable to get app-db connection"})", ErrorCode::kHttpStatus,
                  "503"},
        BadAnswer{"not_found", 404, "Not found.", ErrorCode::kNotFound, "check `question` and `url`", kText},
        BadAnswer{"archived", 404, R"({"message":"The object has been archived.","error_code":"archived"})",
                  ErrorCode::kArchived, "restore it"},
        BadAnswer{"forbidden", 403, "You don't have permissions to do that.", ErrorCode::kForbidden,
                  "give the user or the key's group access", kText},
        BadAnswer{"address_forbidden", 403, "Forbidden", ErrorCode::kForbidden, "this address", kText},
        BadAnswer{"mfa_setup", 403, R"({"mfa-setup-required":true,"message":"Set up MFA"})",
                  ErrorCode::kMfaRequired, "`api_key` instead"},
        BadAnswer{"redirect", 302, "", ErrorCode::kRedirect, "redirects to https://mb.example/"},
        BadAnswer{"login_page", 200, "<!doctype html><form>Sign in</form>", ErrorCode::kNotJson,
                  "check `url`", kHtml},
        BadAnswer{"empty_200", 200, "", ErrorCode::kCut, "make the question faster"},
        BadAnswer{"empty_202", 202, "", ErrorCode::kCut, "make the question faster"},
        BadAnswer{"cut", 200, "[\n{\"Vendor Code\":\"V1\",\"Stock\":1},\n{\"Vendor", ErrorCode::kBadJson,
                  "ends"},
        BadAnswer{"cut_between_rows", 200, "[\n{\"Vendor Code\":\"V1\",\"Stock\":1}", ErrorCode::kBadJson,
                  "ends"},
        BadAnswer{"trailing_text", 200, std::string(kRows) + "[]", ErrorCode::kBadJson, "byte"},
        BadAnswer{"other_object", 200, R"({"data":{"rows":[]},"status":"completed"})", ErrorCode::kBadShape,
                  "array"},
        BadAnswer{"scalar", 200, "17", ErrorCode::kBadShape, "array"},
        BadAnswer{"missing_column", 200, R"([{"Vendor Code":"V1","Stok":1}])", ErrorCode::kBadShape,
                  "there is `Stok`"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(MetabaseSourceTest, NoAnswerIsPassedOn) {
  LoginWorks();
  http_.FailWith(ErrorCode::kTimeout, "no answer within 1m");
  const Error error = Failure(Poll());
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.message, "no answer within 1m");
}

// Troubles beside a good answer

TEST_F(MetabaseSourceTest, QuestionIsAskedAboutOnceAnHour) {
  LoginWorks();
  for (int poll = 0; poll < 41; ++poll, clock_.Advance(3min)) {  // two hours
    AnswerRows();
    const bool due = poll == 0 || poll == 20 || poll == 40;
    if (due) http_.Answer(200, poll == 40 ? kArchived : kLive);
    const auto result = Poll();
    ASSERT_TRUE(result) << poll << ": " << result.error().message;
    ASSERT_EQ(result->trouble.has_value(), poll == 40) << poll;
  }
  const auto checks = std::count_if(http_.requests.begin(), http_.requests.end(), [](const auto& request) {
    return request.url == "http://mb.example/api/card/7179";
  });
  EXPECT_EQ(checks, 3);
}

TEST_F(MetabaseSourceTest, RestoredQuestionIsWellAtOnce) {
  LoginWorks();
  for (int poll = 0; poll < 5; ++poll, clock_.Advance(3min)) {
    AnswerRows();
    if (poll < 3) http_.Answer(200, poll < 2 ? kArchived : kLive);
    const auto result = Poll();
    ASSERT_TRUE(result) << poll << ": " << result.error().message;
    ASSERT_EQ(result->trouble.has_value(), poll < 2) << poll;
    if (result->trouble) {
      EXPECT_EQ(result->trouble->code, ErrorCode::kArchived);
    }
  }
}

TEST_F(MetabaseSourceTest, VersionIsAskedForWithoutCredentialsAndHarmsNoPoll) {
  LoginWorks();
  AnswerRows();
  http_.Answer(200, kLive);
  http_.FailWith(ErrorCode::kTimeout, "slow");
  EXPECT_TRUE(Poll());
  clock_.Advance(1h);
  AnswerRows();
  http_.Answer(200, kLive);
  http_.Answer(200, R"({"engines":{},"version":{"tag":"v0.50.26","date":"2024-09-05"}})");
  testing::internal::CaptureStderr();
  EXPECT_TRUE(Poll());
  EXPECT_TRUE(log::Flush(std::chrono::seconds(30)));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("version=v0.50.26"), std::string::npos);
  const HttpRequest& request = http_.requests.back();
  EXPECT_EQ(request.url, "http://mb.example/api/session/properties");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(Header(request, "X-Metabase-Session"), "-");
  EXPECT_EQ(Header(request, "X-API-KEY"), "-");
}

TEST_F(MetabaseSourceTest, NoQueryWhileTheQuestionIsAskedByAnother) {
  LoginWorks();
  const auto others = turns_.Await(7179, clock_.Monotonic() + 1s, {});
  MetabaseSource hurried(StockQuestion(), 30ms, http_, ShareOf(&session_), clock_);
  const Error error = Failure(hurried.Poll({}));
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_NE(error.message.find("another source is still asking the same question"), std::string::npos);
  EXPECT_TRUE(http_.requests.empty());
}

// Metabase would start the query and cancel it at once.
TEST_F(MetabaseSourceTest, NoQueryAMomentBeforeTheEnd) {
  for (const Millis took : {9'500ms, 8'500ms}) {
    LoginWorks();
    SlowClient slow(login_http_, clock_, took);
    MetabaseSession session("http://mb.example", "u", Secret("p"), slow, budget_, clock_);
    MetabaseSource source(StockQuestion(), 10s, http_, ShareOf(&session), clock_);
    AnswerRows();
    http_.Answer(200, kLive);
    http_.Answer(200, "{}");
    const auto result = source.Poll({});
    EXPECT_EQ(result.has_value(), took < 9s);
    if (result) continue;
    EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
    EXPECT_TRUE(http_.requests.empty());
  }
}

TEST_F(MetabaseSourceTest, TroublesAreAllTold) {
  LoginWorks();
  AnswerRows();
  http_.Answer(200, kArchived);
  ASSERT_TRUE(source_.Fetch(kPollSamples, {}));
  const auto troubles = source_.Troubles(2'000, {});
  ASSERT_EQ(troubles.size(), 2u);
  EXPECT_EQ(troubles[0].code, ErrorCode::kArchived);
  EXPECT_EQ(troubles[1].code, ErrorCode::kTruncated);
}

TEST_F(MetabaseSourceTest, QuestionThatCannotBeAskedAboutIsNotHeldAgainstIt) {
  LoginWorks();
  AnswerRows();
  http_.Answer(403, "You don't have permissions to do that.", kText);
  auto result = Poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trouble, std::nullopt);
  clock_.Advance(1h);
  AnswerRows();
  http_.FailWith(ErrorCode::kTimeout, "slow");
  result = Poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trouble, std::nullopt);
}

class KnownLimitTest : public MetabaseSourceTest,
                       public ::testing::WithParamInterface<std::pair<std::size_t, bool>> {};

TEST_P(KnownLimitTest, SomeRowsAreProbablyMissing) {
  const auto [rows, truncated] = GetParam();
  std::string body = "[";
  for (std::size_t i = 0; i < rows; ++i)
    body += (i > 0 ? "," : "") + std::string(R"({"Vendor Code":")") + std::to_string(i) + R"(","Stock":1})";
  const auto result = PollOf(200, body + "]");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->trouble.has_value(), truncated);
  if (!truncated) return;
  EXPECT_EQ(result->trouble->code, ErrorCode::kTruncated);
  EXPECT_NE(result->trouble->message.find("exactly " + std::to_string(rows) + " rows"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Rows, KnownLimitTest,
                         ::testing::Values(std::pair{1'999u, false}, std::pair{2'000u, true},
                                           std::pair{2'001u, false}, std::pair{10'000u, true}));

TEST_F(MetabaseSourceTest, RowsThatAreTextAreNoted) {
  const auto result = PollOf(200, R"([{"Vendor Code":"V1","Stock":"1234"}])");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->notes.size(), 1u);
  EXPECT_NE(result->notes[0].find("came as text"), std::string::npos) << result->notes[0];
}

TEST_F(MetabaseSourceTest, RejectedRowsAreCountedByReason) {
  const auto result = PollOf(
      200,
      R"([{"Vendor Code":"V1","Stock":null},{"Vendor Code":"V2","Stock":"many"},{"Vendor Code":"V3","Stock":3}])");
  ASSERT_TRUE(result);
  std::map<std::string, std::uint64_t> rejected;
  for (const auto& [reason, count] : result->rejected_rows) {
    if (count > 0) rejected[reason] = count;
  }
  EXPECT_EQ(rejected, (std::map<std::string, std::uint64_t>{{"bad_value", 1}, {"no_value", 1}}));
  for (const auto& [reason, count] : rejected) {
    const auto known = source_.RejectReasons();
    EXPECT_NE(std::find(known.begin(), known.end(), reason), known.end());
  }
}

TEST_F(MetabaseSourceTest, FetchShowsWhatWasThereOfABadAnswer) {
  LoginWorks();
  AnswerRows(R"([{"Vendor Code":"V1","Stok":1}])");
  const auto answer = source_.Fetch({}, {});
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->problem);
  EXPECT_EQ(answer->problem->code, ErrorCode::kBadShape);
  EXPECT_EQ(answer->report.columns, (std::vector<std::string>{"Vendor Code", "Stok"}));
  EXPECT_EQ(answer->report.sample_rows.size(), 1u);
}

}  // namespace
}  // namespace o2o

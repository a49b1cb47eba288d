// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

constexpr char kWrong[] = R"({"errors":{"password":"did not match stored password"}})";
constexpr char kTooMany[] =
    R"({"errors":{"username":"Too many attempts! You must wait 15 seconds before trying again."}})";

HttpResponse Status(int status, std::vector<std::string> cookies = {}) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json; charset=utf-8";
  response.set_cookies = std::move(cookies);
  return response;
}

class MetabaseSessionTest : public ::testing::Test {
 protected:
  Result<Secret> Token(Millis within = 60s) { return session_.Token(clock_.Monotonic() + within, {}); }

  void LoginWorks(const std::string& token = "t-1") { http_.Answer(200, R"({"id":")" + token + R"("})"); }

  Error Failure() {
    const auto token = Token();
    if (!token) return token.error();
    ADD_FAILURE() << "got " << token->Reveal();
    return {};
  }

  // What one login that is answered so fails with.
  Error After(int status, std::string body, std::string content_type = "application/json") {
    http_.Answer(status, std::move(body), std::move(content_type));
    return Failure();
  }

  // Polls every `interval` for `hours` with logins that `answer` refuses; the times at which Metabase was
  // asked.
  template <typename Refuse>
  std::vector<MonotonicTime> AttemptsOf(int sources, Millis interval, std::chrono::hours hours,
                                        const Refuse& refuse) {
    std::vector<MonotonicTime> attempts;
    for (const auto end = clock_.Monotonic() + hours; clock_.Monotonic() < end; clock_.Advance(interval)) {
      for (int i = 0; i < sources; ++i) {
        if (http_.ended()) refuse();
        const std::size_t before = http_.requests.size();
        EXPECT_FALSE(Token());
        if (http_.requests.size() > before) attempts.push_back(clock_.Monotonic());
      }
    }
    return attempts;
  }

  FakeClock clock_{Timestamp(1'760'000'000s)};
  FakeHttpClient http_;
  MetabaseSession session_{"http://mb.example/bi", "us\"er@example.com", Secret("p\\ss-wörd"), http_, clock_};
};

std::size_t MostInAnHour(const std::vector<MonotonicTime>& attempts) {
  std::size_t most = 0;
  for (std::size_t first = 0; first < attempts.size(); ++first) {
    std::size_t count = 0;
    for (std::size_t i = first; i < attempts.size() && attempts[i] - attempts[first] <= 1h; ++i) ++count;
    most = std::max(most, count);
  }
  return most;
}

TEST_F(MetabaseSessionTest, LogsInAsMetabaseWantsIt) {
  LoginWorks("cc99bde1");
  const auto token = Token();
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->Reveal(), "cc99bde1");
  ASSERT_EQ(http_.requests.size(), 1u);
  const HttpRequest& request = http_.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://mb.example/bi/api/session");
  EXPECT_EQ(request.body, R"({"username":"us\"er@example.com","password":"p\\ss-wörd"})");
  const std::vector<std::pair<std::string, Secret>> headers = {{"Content-Type", Secret("application/json")},
                                                               {"Accept", Secret("application/json")}};
  EXPECT_EQ(request.headers, headers);
  EXPECT_TRUE(request.fresh_connection);
  EXPECT_EQ(request.timeout, 10s);
}

TEST_F(MetabaseSessionTest, LastsUntilItIsForgotten) {
  LoginWorks("t-1");
  LoginWorks("t-2");
  ASSERT_TRUE(Token());
  clock_.Advance(24h * 13);
  EXPECT_EQ(Token()->Reveal(), "t-1");
  session_.Forget(Secret("t-1"));
  EXPECT_EQ(Token()->Reveal(), "t-2");
  session_.Forget(Secret("t-1"));  // of a slower source
  EXPECT_EQ(Token()->Reveal(), "t-2");
  EXPECT_EQ(http_.requests.size(), 2u);
}

TEST_F(MetabaseSessionTest, LoginTakesNoLongerThanTheSourceHas) {
  LoginWorks();
  ASSERT_TRUE(Token(3s));
  EXPECT_EQ(http_.requests[0].timeout, 3s);
}

TEST_F(MetabaseSessionTest, NoTimeNoLogin) {
  const auto token = Token(0s);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(MetabaseSessionTest, StopIsNoFailure) {
  std::stop_source stop;
  stop.request_stop();
  const auto token = session_.Token(clock_.Monotonic() + 1h, stop.get_token());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(MetabaseSessionTest, ReplaysTheDeviceCookieAndNoOther) {
  http_.Answer(Status(200, {"metabase.SESSION=stale;HttpOnly;Path=/", "metabase.TIMEOUT=alive;Path=/",
                            "metabase.DEVICE=d-77;HttpOnly;SameSite=Lax;Path=/", "balancer=node-2;Path=/"}),
               R"({"id":"t-1"})");
  LoginWorks("t-2");
  LoginWorks("t-3");
  ASSERT_TRUE(Token());
  session_.Forget(Secret("t-1"));
  ASSERT_TRUE(Token());
  session_.Forget(Secret("t-2"));
  ASSERT_TRUE(Token());  // an answer without the cookie does not take it away
  for (const std::size_t i : {1, 2}) {
    const auto& headers = http_.requests[i].headers;
    EXPECT_EQ(std::count_if(headers.begin(), headers.end(),
                            [](const auto& header) { return header.first == "Cookie"; }),
              1);
    EXPECT_EQ(headers.back(), (std::pair<std::string, Secret>("Cookie", Secret("metabase.DEVICE=d-77"))));
  }
}

struct RefusalCase {
  const char* name;
  int status;
  const char* body;
  ErrorCode code;
  const char* advice;  // in the message
  bool counted;        // as an attempt that is not soon repeated
};

class RefusalTest : public MetabaseSessionTest, public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusalTest, HasItsReasonAndSaysWhatToDo) {
  const RefusalCase& refusal = GetParam();
  HttpResponse response = Status(refusal.status);
  if (refusal.status == 302) response.location = "https://sso.example/login";
  http_.Answer(std::move(response), refusal.body);
  const Error error = Failure();
  EXPECT_EQ(Name(error.code), Name(refusal.code));
  EXPECT_NE(error.message.find(refusal.advice), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("ss-w"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("challenge"), std::string::npos) << error.message;

  LoginWorks();
  clock_.Advance(1min);
  const auto soon = Token();
  EXPECT_EQ(soon.has_value(), !refusal.counted);
  if (!soon) {
    EXPECT_EQ(Name(soon.error().code), Name(refusal.code));
    EXPECT_EQ(soon.error().message, error.message);
  }
  clock_.Advance(65min);
  EXPECT_TRUE(Token());
}

INSTANTIATE_TEST_SUITE_P(
    Answers, RefusalTest,
    ::testing::Values(
        RefusalCase{"wrong_password", 401, kWrong, ErrorCode::kUnauthorized,
                    "check METABASE_USERNAME and METABASE_PASSWORD", true},
        RefusalCase{"wrong_password_of_v039", 400, kWrong, ErrorCode::kUnauthorized,
                    "check METABASE_USERNAME", true},
        RefusalCase{"disabled", 401, R"({"errors":{"_error":"Your account is disabled."}})",
                    ErrorCode::kUnauthorized, "have it enabled", true},
        RefusalCase{"no_passwords", 401, "Password login is disabled for this instance.",
                    ErrorCode::kUnauthorized, "use METABASE_API_KEY", true},
        RefusalCase{"throttled", 401, kTooMany, ErrorCode::kThrottled, "the next attempt waits 1h5m", true},
        RefusalCase{"throttled_by_address", 401,
                    R"({"errors":{"username":"Too many attempts! Please try again later."}})",
                    ErrorCode::kThrottled, "the next attempt waits 1h5m", true},
        RefusalCase{"mfa", 200, R"({"mfa_required":true,"methods":["totp"],"challenge_token":"challenge"})",
                    ErrorCode::kMfaRequired, "use METABASE_API_KEY", true},
        RefusalCase{"no_id", 200, R"({"id":null})", ErrorCode::kBadShape, "check METABASE_URL", true},
        RefusalCase{"login_page", 200, "<!doctype html><title>disabled</title>", ErrorCode::kNotJson,
                    "check METABASE_URL", false},
        RefusalCase{"empty", 200, "", ErrorCode::kNotJson, "check METABASE_URL", false},
        RefusalCase{"redirect", 302, "", ErrorCode::kRedirect, "https://sso.example/login", false},
        RefusalCase{"address_forbidden", 403, "Forbidden", ErrorCode::kForbidden, "have this address allowed",
                    false},
        RefusalCase{"not_found", 404, "API endpoint does not exist.", ErrorCode::kNotFound,
                    "check its host and path", false},
        RefusalCase{"initializing", 503, "Metabase is still initializing. Please sit tight...",
                    ErrorCode::kInitializing, "waiting for it", false},
        RefusalCase{"unavailable", 503, "<html>busy</html>", ErrorCode::kHttpStatus, "503", false},
        RefusalCase{"bad_gateway", 502, "<html>", ErrorCode::kHttpStatus, "the proxy's", false},
        // Up to v0.61 an error while the login is written down counts as a failed one.
        RefusalCase{"error", 500, R"({"cause":"no database"})", ErrorCode::kHttpStatus, "look into its log",
                    true}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(MetabaseSessionTest, NoAnswerIsNoAttempt) {
  for (const ErrorCode code : {ErrorCode::kConnect, ErrorCode::kTimeout, ErrorCode::kCut, ErrorCode::kTls}) {
    http_.FailWith(code, "POST http://mb.example/bi/api/session: no luck");
    EXPECT_EQ(Failure().code, code);
  }
  LoginWorks();
  EXPECT_TRUE(Token());
}

TEST_F(MetabaseSessionTest, AtMostFourRefusedAttemptsInAnyHour) {
  const auto attempts = AttemptsOf(2, 10s, 24h, [this] { http_.Answer(401, kWrong); });
  EXPECT_LE(MostInAnHour(attempts), 4u);
  EXPECT_GE(attempts.size(), 24u) << "hardly ever tried again";
}

TEST_F(MetabaseSessionTest, AtMostFourRefusedAttemptsWithGoodOnesBetween) {
  std::vector<MonotonicTime> refused;
  for (int poll = 0; poll < 24 * 360; ++poll, clock_.Advance(10s)) {
    const std::size_t before = http_.requests.size();
    const bool good = before % 3 == 2;
    if (http_.ended() && good) LoginWorks("t-" + std::to_string(before));
    if (http_.ended() && !good) http_.Answer(401, kWrong);
    const auto token = Token();
    if (http_.requests.size() > before && !good) refused.push_back(clock_.Monotonic());
    if (token) session_.Forget(*token);
  }
  EXPECT_LE(MostInAnHour(refused), 4u);
  EXPECT_GE(refused.size(), 24u);
}

TEST_F(MetabaseSessionTest, LockoutIsWaitedForAndNotProlonged) {
  const auto attempts = AttemptsOf(3, 3min, 10h, [this] { http_.Answer(401, kTooMany); });
  ASSERT_GE(attempts.size(), 9u);
  for (std::size_t i = 1; i < attempts.size(); ++i) EXPECT_GE(attempts[i] - attempts[i - 1], 65min);
}

TEST_F(MetabaseSessionTest, GoodLoginEndsTheWaiting) {
  http_.Answer(401, kWrong);
  EXPECT_FALSE(Token());
  clock_.Advance(2min);
  http_.Answer(401, kWrong);
  EXPECT_FALSE(Token());
  clock_.Advance(10min);
  LoginWorks();
  ASSERT_TRUE(Token());
  session_.Forget(Secret("t-1"));
  http_.Answer(401, kWrong);
  EXPECT_FALSE(Token());
  clock_.Advance(2min);  // the first wait again
  LoginWorks("t-2");
  EXPECT_TRUE(Token());
}

TEST_F(MetabaseSessionTest, SessionsThatAlwaysEndAreNotRenewedForever) {
  std::vector<MonotonicTime> logins;
  for (int poll = 0; poll < 2 * 3'600; ++poll, clock_.Advance(1s)) {
    const std::size_t before = http_.requests.size();
    if (http_.ended()) LoginWorks("t-" + std::to_string(before));
    const auto token = Token();
    ASSERT_TRUE(token) << "what there was is kept, since it may be good for others";
    if (http_.requests.size() > before) logins.push_back(clock_.Monotonic());
    session_.Forget(*token);
  }
  EXPECT_LE(MostInAnHour(logins), 10u + 30u);
  EXPECT_GE(logins.size(), 60u);
}

TEST_F(MetabaseSessionTest, ForgettingWhileNoLoginIsAllowedKeepsTheToken) {
  for (int login = 0; login < 10; ++login) {
    LoginWorks("t-" + std::to_string(login));
    const auto token = Token();
    ASSERT_TRUE(token);
    session_.Forget(*token);
  }
  EXPECT_EQ(Token()->Reveal(), "t-9");
  clock_.Advance(2min);
  session_.Forget(Secret("t-9"));
  LoginWorks("t-10");
  EXPECT_EQ(Token()->Reveal(), "t-10");
}

TEST_F(MetabaseSessionTest, SourcesThatComeAtOnceShareOneLogin) {
  LoginWorks();
  std::atomic<int> good = 0;
  std::vector<std::jthread> sources;
  for (int i = 0; i < 8; ++i) {
    sources.emplace_back([&] {
      for (int poll = 0; poll < 100; ++poll) good += Token().has_value();
      session_.Forget(Secret("of somebody else"));
    });
  }
  sources.clear();
  EXPECT_EQ(good, 800);
  EXPECT_EQ(http_.requests.size(), 1u);
}

// Answers when told to.
class SlowLogin final : public HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest&, const BodySink& sink, std::stop_token) override {
    asked = true;
    asked.notify_all();
    answered.wait(false);
    sink(R"({"id":"t-1"})");
    return Status(200);
  }
  std::atomic<bool> asked = false;
  std::atomic<bool> answered = false;
};

TEST(MetabaseSessionWaitTest, WaitingForAnothersLoginEndsInTime) {
  const SystemClock clock;
  SlowLogin http;
  MetabaseSession session("http://mb.example", "u", Secret("p"), http, clock);
  std::jthread first([&] { EXPECT_TRUE(session.Token(clock.Monotonic() + 1min, {})); });
  http.asked.wait(false);
  const auto late = session.Token(clock.Monotonic() + 20ms, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  std::stop_source stop;
  std::jthread second([&] {
    const auto stopped = session.Token(clock.Monotonic() + 1min, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  });
  stop.request_stop();
  second.join();
  http.answered = true;
  http.answered.notify_all();
  first.join();
  EXPECT_EQ(session.Token(clock.Monotonic() + 1min, {})->Reveal(), "t-1");
}

}  // namespace
}  // namespace o2o

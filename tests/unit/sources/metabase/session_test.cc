// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
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
  Result<Secret> Token(Millis within = 60s) { return TokenOf(session_, within); }
  Result<Secret> TokenOf(MetabaseSession& session, Millis within = 60s) {
    return session.Token(clock_.Monotonic() + within, within, {});
  }

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
  LoginBudget budget_;
  MetabaseSession session_{
      "http://mb.example/bi", "us\"er@example.com", Secret("p\\ss-wörd"), http_, budget_, clock_};
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
  const std::vector<std::pair<std::string, Secret>> headers = {
      {"Content-Type", Secret::Plain("application/json")}, {"Accept", Secret::Plain("application/json")}};
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

TEST_F(MetabaseSessionTest, StopIsNotAFailure) {
  std::stop_source stop;
  stop.request_stop();
  const auto token = session_.Token(clock_.Monotonic() + 1h, 1h, stop.get_token());
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
                    "check `username` and `password` of the source", true},
        RefusalCase{"wrong_password_of_v039", 400, kWrong, ErrorCode::kUnauthorized, "check `username`",
                    true},
        RefusalCase{"disabled", 401, R"({"errors":{"_error":"Your account is disabled."}})",
                    ErrorCode::kUnauthorized, "have it enabled", true},
        RefusalCase{"no_passwords", 401, "Password login is disabled for this instance.",
                    ErrorCode::kUnauthorized, "`api_key` instead", true},
        RefusalCase{"throttled", 401, kTooMany, ErrorCode::kThrottled, "the next attempt waits 1h5m", true},
        RefusalCase{"throttled_by_address", 401,
                    R"({"errors":{"username":"Too many attempts! Please try again later."}})",
                    ErrorCode::kThrottled, "the next attempt waits 1h5m", true},
        RefusalCase{"mfa", 200, R"({"mfa_required":true,"methods":["totp"],"challenge_token":"challenge"})",
                    ErrorCode::kMfaRequired, "`api_key` instead", true},
        RefusalCase{"no_id", 200, R"({"id":null})", ErrorCode::kBadShape, "check `url`", true},
        RefusalCase{"login_page", 200, "<!doctype html><title>disabled</title>", ErrorCode::kNotJson,
                    "check `url`", false},
        RefusalCase{"empty", 200, "", ErrorCode::kNotJson, "check `url`", false},
        RefusalCase{"redirect", 302, "", ErrorCode::kRedirect, "https://sso.example/login", false},
        RefusalCase{"redirect_to_nowhere", 307, "", ErrorCode::kRedirect, "a redirect that names no address",
                    false},
        RefusalCase{"address_forbidden", 403, "Forbidden", ErrorCode::kForbidden, "have this address allowed",
                    false},
        RefusalCase{"not_found", 404, "API endpoint does not exist.", ErrorCode::kNotFound,
                    "check its host and path", false},
        RefusalCase{"initializing", 503, "Metabase is still initializing. Please sit tight...",
                    ErrorCode::kInitializing, "waiting for it", false},
        // Who passed it on, or gave up on it, does not know whether Metabase counted it.
        RefusalCase{"too_many_requests", 429, "slow down", ErrorCode::kHttpStatus, "429", true},
        RefusalCase{"unavailable", 503, "<html>busy</html>", ErrorCode::kHttpStatus, "503", true},
        RefusalCase{"bad_gateway", 502, "<html>", ErrorCode::kHttpStatus, "the proxy's", true},
        RefusalCase{"gateway_timeout", 504, "<html>", ErrorCode::kHttpStatus, "the proxy's", true},
        // Up to v0.61 an error while the login is written down counts as a failed one.
        RefusalCase{"error", 500, R"({"cause":"no database"})", ErrorCode::kHttpStatus, "look into its log",
                    true}),
    [](const auto& one) { return std::string(one.param.name); });

TEST_F(MetabaseSessionTest, WhatWasNeverSentDoesNotCountAsAnAttempt) {
  for (const ErrorCode code : {ErrorCode::kConnect, ErrorCode::kTls, ErrorCode::kTimeout}) {
    for (int poll = 0; poll < 20; ++poll) {
      http_.FailWith(code, "POST http://mb.example/bi/api/session: no luck", false);
      EXPECT_EQ(Failure().code, code);
      clock_.Advance(2min);
    }
  }
  LoginWorks();
  EXPECT_TRUE(Token());
}

TEST_F(MetabaseSessionTest, WhatMayHaveBeenSentMayHaveBeenCounted) {
  for (const ErrorCode code : {ErrorCode::kTimeout, ErrorCode::kCut}) {
    const auto attempts = AttemptsOf(
        3, 2s, 6h, [&] { http_.FailWith(code, "POST http://mb.example/bi/api/session: no luck"); });
    EXPECT_LE(MostInAnHour(attempts), 4u) << Name(code);
    EXPECT_GE(attempts.size(), 12u);
  }
  clock_.Advance(61min);
  http_.FailWith(ErrorCode::kCut, "POST http://mb.example/bi/api/session: no luck");
  const Error error = Failure();
  EXPECT_EQ(error.code, ErrorCode::kCut);
  EXPECT_NE(error.message.find("no luck; to avoid a lockout, the next attempt waits"), std::string::npos)
      << error.message;
}

TEST_F(MetabaseSessionTest, LoginsThatWeEndOurselvesMayHaveBeenCounted) {
  std::size_t asked = 0;
  for (int reload = 0; reload < 20; ++reload) {
    http_.FailWith(ErrorCode::kCancelled, "cancelled: the program is stopping");
    (void)Token();
    asked = http_.requests.size();
  }
  EXPECT_EQ(asked, LoginBudget::kMostOfUser);
}

TEST_F(MetabaseSessionTest, OneCutLoginIsRetriedByTheNextPoll) {
  for (const ErrorCode code : {ErrorCode::kCut, ErrorCode::kTimeout}) {
    http_.FailWith(code, "POST http://mb.example/bi/api/session: no luck");
    EXPECT_EQ(Failure().message, "POST http://mb.example/bi/api/session: no luck");
    const std::size_t before = http_.requests.size();
    EXPECT_EQ(Failure().code, code) << "another source, at the same moment";
    EXPECT_EQ(http_.requests.size(), before);
    clock_.Advance(60s);
    LoginWorks();
    const auto token = Token();
    ASSERT_TRUE(token);
    session_.Forget(*token);
    clock_.Advance(2h);
  }
}

TEST_F(MetabaseSessionTest, WhatIsNotCountedIsAskedAgainByOneSourceForAll) {
  struct {
    int status;
    const char* body;
  } const answers[] = {{200, "<html>login</html>"},
                       {503, "Metabase is still initializing. Please sit tight..."}};
  for (const auto& answer : answers) {
    const std::size_t before = http_.requests.size();
    const auto attempts = AttemptsOf(8, 60s, 1h, [&] { http_.Answer(answer.status, answer.body); });
    EXPECT_GE(attempts.size(), 20u) << "the recovery is seen within two minutes";
    EXPECT_LE(attempts.size(), 32u) << "8 sources ask as often as one";
    EXPECT_EQ(http_.requests.size() - before, attempts.size());
    for (; !http_.ended(); clock_.Advance(2min)) (void)Token();
    clock_.Advance(2min);
    LoginWorks();
    const auto token = Token();
    ASSERT_TRUE(token);
    session_.Forget(*token);
  }
}

TEST_F(MetabaseSessionTest, WaitsAsLongAsItIsAskedTo) {
  HttpResponse busy = Status(429);
  busy.retry_after = 20min;
  http_.Answer(busy, "slow down");
  const Error error = Failure();
  EXPECT_EQ(error.retry_after, 20min);
  EXPECT_NE(error.message.find("too many requests (429); it asks us to wait 20m"), std::string::npos)
      << error.message;
  LoginWorks();
  clock_.Advance(19min);
  EXPECT_FALSE(Token());
  clock_.Advance(1min);
  EXPECT_TRUE(Token());
}

TEST_F(MetabaseSessionTest, SessionThatNoHeaderCanCarryIsNotKept) {
  for (const std::string& id : {std::string(R"(abc\r\nX-Evil: 1)"), std::string(R"(a b)"),
                                std::string(R"(\u0000)"), std::string("\xC3\xB6"), std::string(5'000, 'x')}) {
    LoginWorks(id);
    const Error error = Failure();
    EXPECT_EQ(Name(error.code), Name(ErrorCode::kBadShape)) << id;
    EXPECT_NE(error.message.find("no header can carry"), std::string::npos) << error.message;
    clock_.Advance(2min);
    LoginWorks("good");
    const auto token = Token();
    ASSERT_TRUE(token) << token.error().message;
    session_.Forget(*token);
  }
}

TEST_F(MetabaseSessionTest, DeviceCookieThatNoHeaderCanCarryIsNotKept) {
  http_.Answer(Status(200, {"metabase.DEVICE=a\x01b; Path=/"}), R"({"id":"t-1"})");
  LoginWorks("t-2");
  ASSERT_TRUE(Token());
  session_.Forget(Secret("t-1"));
  ASSERT_TRUE(Token());
  for (const auto& header : http_.requests.back().headers) EXPECT_NE(header.first, "Cookie");
}

TEST_F(MetabaseSessionTest, PasswordThatChangesInItsFileHasATryOfItsOwn) {
  const std::string path = ::testing::TempDir() + "/o2o-password-" + std::to_string(::getpid());
  const auto write = [&](const std::string& password) { std::ofstream(path) << password << "\n"; };
  write("p-1");
  MetabaseSession session("http://mb.example", "u", Secret::FromFile(path, "p-1"), http_, budget_, clock_);
  http_.Answer(401, kWrong);
  EXPECT_FALSE(TokenOf(session));
  EXPECT_FALSE(TokenOf(session));
  EXPECT_EQ(http_.requests.size(), 1u);
  write("p-2");
  LoginWorks("t-1");
  ASSERT_TRUE(TokenOf(session)) << "at once";
  EXPECT_NE(http_.requests.back().body.find("p-2"), std::string::npos);
  // The new password ended the sessions of the old one; each further one has one try, within the budget.
  session.Forget(Secret("t-1"));
  for (int password = 3; password < 30; ++password) {
    write("p-" + std::to_string(password));
    if (http_.ended()) http_.Answer(401, kWrong);
    EXPECT_FALSE(TokenOf(session));
    EXPECT_FALSE(TokenOf(session));
  }
  EXPECT_EQ(http_.requests.size(), 2u + LoginBudget::kMostOfUser - 1);
  std::remove(path.c_str());
}

TEST_F(MetabaseSessionTest, MoreHeadersGoWithTheLogin) {
  MetabaseSession session("http://mb.example", "u", Secret("p"), http_, budget_, clock_,
                          {{"CF-Access-Client-Secret", Secret("s-1")}});
  LoginWorks();
  ASSERT_TRUE(TokenOf(session));
  EXPECT_EQ(http_.requests[0].headers.back(),
            (std::pair<std::string, Secret>("CF-Access-Client-Secret", Secret("s-1"))));
}

TEST_F(MetabaseSessionTest, NoLoginWithAFractionOfTheTimeLeft) {
  const auto late = session_.Token(clock_.Monotonic() + 132ms, 1'900ms, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(http_.requests.empty());
  LoginWorks();
  EXPECT_TRUE(session_.Token(clock_.Monotonic() + 5s, 60s, {})) << "half of what a login may take";
}

TEST_F(MetabaseSessionTest, WrongPasswordsOfOneUserShareABudget) {
  std::vector<std::unique_ptr<MetabaseSession>> sessions;
  for (int password = 0; password < 20; ++password) {
    const std::string user = password % 2 == 0 ? "U@X" : "u@x";
    sessions.push_back(std::make_unique<MetabaseSession>(
        "http://mb.example", user, Secret("p" + std::to_string(password)), http_, budget_, clock_));
  }
  for (int poll = 0; poll < 360; ++poll, clock_.Advance(10s)) {
    for (auto& session : sessions) {
      if (http_.ended()) http_.Answer(401, kWrong);
      EXPECT_FALSE(TokenOf(*session));
    }
  }
  EXPECT_EQ(http_.requests.size(), 5u);
}

TEST_F(MetabaseSessionTest, CorrectedPasswordHasItsChanceAtOnce) {
  for (int poll = 0; poll < 360; ++poll, clock_.Advance(10s)) {
    if (http_.ended()) http_.Answer(401, kWrong);
    EXPECT_FALSE(Token());
  }
  const std::size_t before = http_.requests.size();
  FakeHttpClient good;
  MetabaseSession corrected("http://mb.example/bi", "us\"er@example.com", Secret("right"), good, budget_,
                            clock_);
  good.Answer(200, R"({"id":"t-1"})");
  EXPECT_TRUE(TokenOf(corrected));
  EXPECT_LE(before, 4u);
}

TEST_F(MetabaseSessionTest, NoRoomSaysSo) {
  const auto now = clock_.Monotonic();
  for (std::size_t i = 0; i < LoginBudget::kMostOfUser; ++i) {
    auto attempt = budget_.Reserve("US\"ER@example.com", false, now);
    ASSERT_TRUE(attempt);
    attempt->SetCounted(true);
  }
  const Error error = Failure();
  EXPECT_EQ(error.code, ErrorCode::kThrottled);
  EXPECT_NE(error.message.find("the next attempt waits 1h1m"), std::string::npos) << error.message;
  EXPECT_TRUE(http_.requests.empty());
  clock_.Advance(61min);
  LoginWorks();
  EXPECT_TRUE(Token());
}

TEST_F(MetabaseSessionTest, LockoutOfAUserHoldsForItsOtherPasswordsToo) {
  EXPECT_EQ(After(401, kTooMany).code, ErrorCode::kThrottled);
  MetabaseSession corrected("http://mb.example/bi", "us\"er@example.com", Secret("right"), http_, budget_,
                            clock_);
  MetabaseSession other("http://mb.example/bi", "other@example.com", Secret("p"), http_, budget_, clock_);
  EXPECT_FALSE(TokenOf(corrected));
  EXPECT_EQ(http_.requests.size(), 1u);
  LoginWorks();
  EXPECT_TRUE(TokenOf(other));
}

TEST_F(MetabaseSessionTest, LockoutOfTheAddressHoldsForEverybody) {
  After(401, R"({"errors":{"username":"Too many attempts! Please try again later."}})");
  MetabaseSession other("http://mb.example/bi", "other@example.com", Secret("p"), http_, budget_, clock_);
  EXPECT_FALSE(TokenOf(other));
  EXPECT_EQ(http_.requests.size(), 1u);
  clock_.Advance(65min);
  LoginWorks();
  EXPECT_TRUE(TokenOf(other));
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
  LoginWorks();
  ASSERT_TRUE(Token());
  clock_.Advance(1min);
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
  LoginBudget budget;
  MetabaseSession session("http://mb.example", "u", Secret("p"), http, budget, clock);
  std::jthread first([&] { EXPECT_TRUE(session.Token(clock.Monotonic() + 1min, 1min, {})); });
  http.asked.wait(false);
  const auto late = session.Token(clock.Monotonic() + 20ms, 20ms, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  std::stop_source stop;
  std::jthread second([&] {
    const auto stopped = session.Token(clock.Monotonic() + 1min, 1min, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  });
  stop.request_stop();
  second.join();
  http.answered = true;
  http.answered.notify_all();
  first.join();
  EXPECT_EQ(session.Token(clock.Monotonic() + 1min, 1min, {})->Reveal(), "t-1");
}

}  // namespace
}  // namespace o2o

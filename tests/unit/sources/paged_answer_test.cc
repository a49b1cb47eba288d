// SPDX-License-Identifier: Apache-2.0
// A json source whose answer comes in pages.
#include "sources/paged_answer.h"

#include <gtest/gtest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"
#include "sources/json_source.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

// An answer takes a while.
class SlowClient final : public HttpClient {
 public:
  SlowClient(FakeHttpClient& http, FakeClock& clock) : http_(http), clock_(clock) {}
  Result<HttpResponse> Send(const HttpRequest& request, const BodySink& sink, std::stop_token stop) override {
    clock_.Advance(takes);
    return http_.Send(request, sink, std::move(stop));
  }
  std::chrono::seconds takes{2};

 private:
  FakeHttpClient& http_;
  FakeClock& clock_;
};

class PagedAnswerTest : public ::testing::Test {
 protected:
  PagedAnswerTest() {
    config_.url = "https://shop.test/v1/k3y/orders";
    config_.bearer_token = Secret("b-secret");
    config_.pages = PagesConfig{"/next", "", 100};
    config_.mapping.rows.shape = RowShape::kAny;
    config_.mapping.rows.pointer = "/rows";
    MetricConfig metric;
    metric.name = "amount";
    metric.help = "Amount.";
    metric.value_column = "n";
    metric.aggregate = Aggregate::kSum;
    config_.mapping.metrics = {metric};
  }

  Result<PollResult> Poll() { return JsonSource(config_, 7s, client_, clock_).Poll({}); }
  Result<MappedAnswer> Fetch() { return JsonSource(config_, 7s, client_, clock_).Fetch({}, {}); }

  // Each with a row of the number.
  void Page(int number, const std::string& next) {
    http_.Answer(200, R"({"rows":[{"n":)" + std::to_string(number) + R"(}],"next":")" + next + "\"}");
  }
  std::string Sum(Result<PollResult>& result) {
    EXPECT_TRUE(result) << result.error().message;
    return result ? Render(std::move(result->families.at(0)))->samples : "";
  }
  void ExpectFailure(ErrorCode code, const std::string& message) {
    const auto result = Poll();
    ASSERT_FALSE(result);
    EXPECT_EQ(Name(result.error().code), Name(code));
    EXPECT_EQ(result.error().message, message);
    EXPECT_TRUE(http_.ended());
  }

  JsonSourceConfig config_;
  FakeClock clock_{Timestamp(1'760'000'000s)};
  FakeHttpClient http_;
  SlowClient client_{http_, clock_};
};

TEST_F(PagedAnswerTest, AllPagesAreOneAnswer) {
  Page(1, "?page=2");
  Page(2, "?page=3");
  Page(4, "");
  auto result = Poll();
  EXPECT_EQ(Sum(result), "amount 7\n");
  EXPECT_EQ(result->rows, 3u);
  EXPECT_EQ(result->sample_rows.size(), 3u);
  EXPECT_EQ(result->response_bytes, 2 * 35u + 28u);
  ASSERT_EQ(http_.requests.size(), 3u);
  for (const HttpRequest& request : http_.requests) {
    EXPECT_EQ(request.headers, http_.requests[0].headers);
    EXPECT_TRUE(request.hides_path);
  }
  EXPECT_EQ(http_.requests[2].url, "https://shop.test/v1/k3y/orders?page=3");
}

TEST_F(PagedAnswerTest, PostsAreTheSameButForTheirUrl) {
  config_.method = "POST";
  config_.body = "{}";
  Page(1, "?page=2");
  Page(2, "");
  ASSERT_TRUE(Poll());
  EXPECT_EQ(http_.requests[1].method, "POST");
  EXPECT_EQ(http_.requests[1].body, "{}");
}

TEST_F(PagedAnswerTest, LinesByTheLinkHeader) {
  config_.pages->pointer.clear();
  config_.mapping.rows = {};
  config_.mapping.rows.shape = RowShape::kAny;
  config_.mapping.rows.lines = true;
  HttpResponse linked;
  linked.status = 200;
  linked.link = "<?page=2>; rel=next";
  http_.Answer(linked, "{\"n\":1}\n{\"n\":2}\n");
  http_.Answer(200, "{\"n\":4}\n");
  auto result = Poll();
  EXPECT_EQ(Sum(result), "amount 7\n");
}

TEST_F(PagedAnswerTest, TimeoutAndCeilingAreOfAllPages) {
  config_.max_body_bytes = 97;
  Page(1, "?page=2");
  Page(2, "?page=3");
  Page(4, "");
  ExpectFailure(ErrorCode::kTooLarge,
                "page 3: larger than the ceiling; all pages together may have 97 (max_body)");
  EXPECT_EQ(http_.requests[0].max_body_bytes, 97u);
  EXPECT_EQ(http_.requests[1].max_body_bytes, 62u);
  EXPECT_EQ(http_.requests[2].max_body_bytes, 27u);
  EXPECT_EQ(http_.requests[0].timeout, 7s);
  EXPECT_EQ(http_.requests[1].timeout, 5s);
  EXPECT_EQ(http_.requests[2].timeout, 3s);
}

TEST_F(PagedAnswerTest, NoPageIsAskedForBehindTheTimeout) {
  client_.takes = 4s;
  Page(1, "?page=2");
  Page(2, "?page=3");
  ExpectFailure(
      ErrorCode::kTimeout,
      "the source's timeout of 7s ended after 2 pages: let the upstream answer with larger ones, or raise "
      "timeout");
}

TEST_F(PagedAnswerTest, APageThatFailsFailsTheAnswer) {
  Page(1, "?page=2");
  http_.Answer(500, "no");
  ExpectFailure(ErrorCode::kHttpStatus, "page 2: the endpoint answered 500, expected 200");
  Page(1, "?page=2");
  http_.FailWith(ErrorCode::kCut, "cut");
  ExpectFailure(ErrorCode::kCut, "page 2: cut");
  Page(1, "?page=2");
  http_.Answer(204, "");
  ExpectFailure(ErrorCode::kNotJson,
                "page 2: the endpoint answered 204 with an empty body, expected JSON: where there is nothing "
                "to report it should answer [] or {}");
  Page(1, "?page=2");
  http_.Answer(200, R"({"error":"busy"})");
  ExpectFailure(ErrorCode::kBadShape, "page 2: there is no `rows` in the answer, there is `error`");
  http_.Answer(500, "no");
  ExpectFailure(ErrorCode::kHttpStatus, "the endpoint answered 500, expected 200");
}

TEST_F(PagedAnswerTest, TheWaitThatAPageAsksForIsPassedOn) {
  Page(1, "?page=2");
  HttpResponse busy;
  busy.status = 429;
  busy.retry_after = 9s;
  http_.Answer(busy, "slow down");
  const auto result = Poll();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().retry_after, 9s);
}

TEST_F(PagedAnswerTest, WhatLeadsElsewhereIsNotAsked) {
  Page(1, "https://other.test/k3y");
  const auto result = Poll();
  ASSERT_FALSE(result);
  EXPECT_EQ(Name(result.error().code), Name(ErrorCode::kRedirect));
  EXPECT_EQ(result.error().message.find("k3y"), std::string::npos);
  EXPECT_EQ(http_.requests.size(), 1u);
}

TEST_F(PagedAnswerTest, CeilingOfPages) {
  config_.pages->max_pages = 2;
  Page(1, "?page=2");
  Page(2, "?page=3");
  ExpectFailure(
      ErrorCode::kTooLarge,
      "more than 2 pages: let the upstream answer with fewer or larger ones, or raise pages.max_pages");
}

// For `probe`: what was read until then.
TEST_F(PagedAnswerTest, ReportsWhatWasReadUntilItFailed) {
  Page(1, "?page=2");
  Page(2, "?page=3");
  Page(4, "?page=2");
  const auto answer = Fetch();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->problem);
  EXPECT_EQ(answer->pages, 3u);
  EXPECT_EQ(answer->mapping->report.rows, 3u);
}

TEST_F(PagedAnswerTest, AMissingColumnOfAllPagesIsTheAnswersFault) {
  config_.mapping.metrics[0].value_column = "amount";
  Page(1, "?page=2");
  Page(2, "");
  const auto answer = Fetch();
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->problem);
  EXPECT_EQ(Name(answer->problem->code), Name(ErrorCode::kBadShape));
  EXPECT_TRUE(answer->problem->message.starts_with("column `amount` not in the answer"))
      << answer->problem->message;
  EXPECT_EQ(answer->report.rows, 2u);
}

TEST_F(PagedAnswerTest, ANextThatNoPageHasIsNoted) {
  http_.Answer(200, R"({"rows":[{"n":1}]})");
  const auto result = Poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->notes, std::vector<std::string>{
                               "`/next` not in the answer, so that its first page counts as the only one"});
}

}  // namespace
}  // namespace o2o

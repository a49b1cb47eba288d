// SPDX-License-Identifier: Apache-2.0
#include "sources/mapped_answer.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fakes/fake_http_client.h"

namespace o2o {
namespace {

MappingConfig Counting(std::size_t max_rows = 1'000'000) {
  MappingConfig mapping;
  MetricConfig metric;
  metric.name = "rows";
  metric.help = "Rows.";
  metric.aggregate = Aggregate::kCount;
  mapping.metrics = {metric};
  mapping.ceilings.max_rows = max_rows;
  return mapping;
}

// Sends one piece for as long as it is wanted.
class Endless final : public HttpClient {
 public:
  Endless(std::string first, std::string piece) : first_(std::move(first)), piece_(std::move(piece)) {}

  Result<HttpResponse> Send(const HttpRequest&, const BodySink& sink, std::stop_token stop) override {
    constexpr std::size_t kEnough = 1u << 30;
    std::string_view piece = first_;
    while (sent < kEnough && !stop.stop_requested() && sink(piece)) {
      sent += piece.size();
      piece = piece_;
    }
    return Fail(ErrorCode::kCancelled, "the answer was not wanted any longer");
  }

  std::size_t sent = 0;

 private:
  const std::string first_;
  const std::string piece_;
};

TEST(MappedAnswerTest, GoodAnswer) {
  FakeHttpClient http;
  http.Answer(200, R"([{"a":1},{"a":2}])");
  auto answer = FetchMapped(http, {}, Counting(), {}, {});
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->mapping) << answer->mapping.error().message;
  EXPECT_EQ(answer->response.status, 200);
  EXPECT_EQ(answer->beginning, R"([{"a":1},{"a":2}])");
  const auto result = ToPollResult(*std::move(answer));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->rows, 2u);
  EXPECT_EQ(result->response_bytes, 17u);
  EXPECT_EQ(result->sample_rows.size(), 2u);
  EXPECT_EQ(result->rejected_rows.size(), MappedRejectReasons().size());
}

TEST(MappedAnswerTest, RepairsAreHandedOn) {
  FakeHttpClient http;
  http.Answer(200, R"([{"a":1,"a":2}])");
  const auto result = ToPollResult(*FetchMapped(http, {}, Counting(), {}, {}));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->repaired.size(), MappedRepairReasons().size());
  for (std::size_t i = 0; i < result->repaired.size(); ++i) {
    EXPECT_EQ(result->repaired[i].first, MappedRepairReasons()[i]);
    EXPECT_EQ(result->repaired[i].second, result->repaired[i].first == "duplicate_key" ? 1u : 0u);
  }
}

TEST(MappedAnswerTest, ProblemIsTheResult) {
  MappedAnswer answer;
  answer.problem = Error{ErrorCode::kForbidden, "no"};
  const auto result = ToPollResult(std::move(answer));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kForbidden);
}

TEST(MappedAnswerTest, NoAnswerIsAnError) {
  FakeHttpClient http;
  http.FailWith(ErrorCode::kCut, "cut");
  const auto answer = FetchMapped(http, {}, Counting(), {}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kCut);
}

TEST(MappedAnswerTest, OtherStatusKeepsItsBeginningAndFields) {
  FakeHttpClient http;
  http.Answer(500, R"({"message":"Something went wrong"})");
  HttpRequest request;
  request.wants_error_body = true;
  const auto answer = FetchMapped(http, request, Counting(), {}, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->response.status, 500);
  EXPECT_FALSE(answer->mapping);
  EXPECT_EQ(answer->top_fields, (std::map<std::string, std::string>{{"message", "Something went wrong"}}));
}

TEST(MappedAnswerTest, OfAnUnreadableBodyAMegabyteIsRead) {
  Endless http("<html>", std::string(10'000, 'x'));
  const auto answer = FetchMapped(http, {}, Counting(), {}, {});
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_FALSE(answer->mapping);
  EXPECT_EQ(answer->mapping.error().code, ErrorCode::kBadJson);
  EXPECT_EQ(answer->beginning.size(), 512u);
  EXPECT_GT(http.sent, 1'000'000u);
  EXPECT_LT(http.sent, (1u << 20) + 20'000);
}

TEST(MappedAnswerTest, RowsBeyondTheCeilingAreNotReadToTheEnd) {
  std::string rows;
  for (int i = 0; i < 500; ++i) rows += R"({"a":1},)";
  Endless http("[", rows);
  const auto answer = FetchMapped(http, {}, Counting(1'000), {}, {});
  ASSERT_TRUE(answer);
  ASSERT_FALSE(answer->mapping);
  EXPECT_EQ(answer->mapping.error().code, ErrorCode::kTooLarge);
  EXPECT_NE(answer->mapping.error().message.find("max_rows"), std::string::npos);
  EXPECT_EQ(answer->report.rows, 1'001u);
  EXPECT_LT(http.sent, 2u << 20);
}

TEST(MappedAnswerTest, StopIsNotAnAnswer) {
  Endless http("[", " ");
  std::stop_source stop;
  stop.request_stop();
  const auto answer = FetchMapped(http, {}, Counting(), {}, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace o2o

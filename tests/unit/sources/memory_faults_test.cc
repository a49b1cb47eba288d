// SPDX-License-Identifier: Apache-2.0
// Memory that runs out anywhere costs the poll at hand and nothing else.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fakes/failing_allocation.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_http_client.h"
#include "json/json_stream.h"
#include "sources/mapped_answer.h"
#include "sources/metabase/query_turns.h"
#include "sources/metabase/session.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

const char kRows[] =
    R"([{"vendor":"a vendor whose name is longer than what a string holds by itself","n":1.5,"x":[1,{"y":"z"}]},)"
    R"({"vendor":"another one whose name is also too long to be held in place","n":2,"x":null}])";

MappingConfig SumByVendor() {
  MappingConfig mapping;
  MetricConfig metric;
  metric.name = "shop_sum_of_something_with_a_long_name";
  metric.help = "A help text that does not fit into a string's own place.";
  metric.aggregate = Aggregate::kSum;
  metric.value_column = "n";
  metric.labels = {{"vendor", "vendor"}};
  mapping.metrics = {metric};
  return mapping;
}

// Sends a body in pieces whose memory is gone as soon as it was taken, as libcurl does, and keeps
// CurlHttpClient's promise about exceptions of the sink.
class ShortLivedPieces final : public HttpClient {
 public:
  explicit ShortLivedPieces(std::string body) : body_(std::move(body)) {}

  Result<HttpResponse> Send(const HttpRequest&, const BodySink& sink, std::stop_token) override {
    try {
      for (std::size_t at = 0; at < body_.size(); at += kPiece) {
        const std::string text = body_.substr(at, kPiece);
        const std::vector<char> piece(text.begin(), text.end());
        if (!sink({piece.data(), piece.size()})) return Fail(ErrorCode::kCancelled, "not wanted");
      }
    } catch (const std::bad_alloc&) {
      return Fail(ErrorCode::kInternal, "no memory for the answer");
    }
    HttpResponse response;
    response.status = 200;
    return response;
  }

 private:
  static constexpr std::size_t kPiece = 17;
  const std::string body_;
};

TEST(MemoryFaultsTest, AnAnswerIsMappedWholeOrNotAtAll) {
  std::optional<Result<MappedAnswer>> answer;
  const long failures = ForEveryFailingAllocation(
      [&] {
        answer.reset();
        ShortLivedPieces http(kRows);
        answer = FetchMapped(http, {}, SumByVendor(), kPollSamples, {});
      },
      [&](long nth) {
        if (!answer || !*answer) return;  // the poll is lost
        ADD_FAILURE() << "allocation " << nth << " failed, and yet there is an answer";
      });
  EXPECT_GT(failures, 50);
  ASSERT_TRUE(answer && *answer);
  ASSERT_TRUE((*answer)->mapping) << (*answer)->mapping.error().message;
  EXPECT_EQ((*answer)->mapping->report.rows, 2u);
}

// Keeps what it is told, and thus allocates.
class Keeper final : public JsonHandler {
 public:
  bool Scalar(JsonType, std::string_view text, JsonRange) override { return Keep(text); }
  bool Key(std::string_view key) override { return Keep(key); }
  bool Open(JsonType, std::size_t) override { return true; }
  bool Close(JsonType, std::size_t) override { return true; }

 private:
  bool Keep(std::string_view text) {
    told_.emplace_back(text);
    return true;
  }
  std::vector<std::string> told_;
};

// The reader is asked on although it threw: it has failed, and reads nothing of the piece that is gone.
TEST(MemoryFaultsTest, AReaderThatThrewStaysFailed) {
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<JsonStream> stream;
  bool thrown = false;
  const long failures = ForEveryFailingAllocation(
      [&] {
        thrown = false;
        keeper = std::make_unique<Keeper>();
        stream.reset();
        stream = std::make_unique<JsonStream>(*keeper);
        const auto piece = std::make_unique<std::string>(kRows);
        thrown = true;
        ASSERT_TRUE(stream->Feed(*piece));
        thrown = false;
        ASSERT_TRUE(stream->Finish());
      },
      [&](long nth) {
        if (!thrown) return;
        const auto finished = stream->Finish();
        ASSERT_FALSE(finished) << nth;
        EXPECT_EQ(Name(finished.error().code), Name(ErrorCode::kInternal)) << finished.error().message;
        EXPECT_FALSE(stream->Feed(" ")) << nth;
      });
  EXPECT_GT(failures, 5);
}

struct Metabase {
  Metabase() { session.emplace("http://mb.example", "user@example.com", Secret("p"), http, budget, clock); }

  FakeClock clock{Timestamp(1'760'000'000s)};
  FakeHttpClient http;
  LoginBudget budget;
  std::optional<MetabaseSession> session;
};

TEST(MemoryFaultsTest, ALoginThatThrowsKeepsNobodyFromTheNextOne) {
  std::unique_ptr<Metabase> metabase;
  const auto token = [&] { return metabase->session->Token(metabase->clock.Monotonic() + 5s, 5s, {}); };
  const long failures = ForEveryFailingAllocation(
      [&] {
        {
          const long left = std::exchange(allocations_left, -1);
          metabase = std::make_unique<Metabase>();
          for (const char* id : {"first", "second"}) {
            HttpResponse good;
            good.status = 200;
            good.set_cookies = {"metabase.DEVICE=0ab7f53e-8f04-4ec9-a3a5-a4bd1b1a2a2f; Path=/"};
            metabase->http.Answer(good, R"({"id":"a-session-id-that-is-long-enough-to-be-allocated-)" +
                                            std::string(id) + "\"}");
          }
          allocations_left = left;
        }
        (void)token();
      },
      [&](long nth) {
        const auto later = token();
        EXPECT_TRUE(later) << "after allocation " << nth << ": " << later.error().message;
      });
  EXPECT_GT(failures, 10);
}

TEST(MemoryFaultsTest, ARefusedLoginThatThrowsIsRetriedWithinTheBudget) {
  std::unique_ptr<Metabase> metabase;
  const auto token = [&] { return metabase->session->Token(metabase->clock.Monotonic() + 5s, 5s, {}); };
  const long failures = ForEveryFailingAllocation(
      [&] {
        {
          const long left = std::exchange(allocations_left, -1);
          metabase = std::make_unique<Metabase>();
          metabase->http.Answer(401, R"({"errors":{"password":"did not match stored password"}})");
          for (int i = 0; i < 20; ++i) metabase->http.Answer(401, "still wrong");
          allocations_left = left;
        }
        EXPECT_FALSE(token());
      },
      [&](long nth) {
        for (int poll = 0; poll < 360; ++poll, metabase->clock.Advance(10s)) (void)token();
        EXPECT_LE(metabase->http.requests.size(), LoginBudget::kMostOfUser) << nth;
        EXPECT_GE(metabase->http.requests.size(), 2u) << nth;
      });
  EXPECT_GT(failures, 10);
}

TEST(MemoryFaultsTest, ATurnThatThrowsIsNobodys) {
  FakeClock clock{Timestamp(1'760'000'000s)};
  std::optional<QueryTurns> turns;
  const long failures = ForEveryFailingAllocation(
      [&] {
        turns.emplace(clock);
        const auto first = turns->Await(1, clock.Monotonic() + 1s, {});
        const auto second = turns->Await(2, clock.Monotonic() + 1s, {});
        EXPECT_FALSE(turns->Await(1, clock.Monotonic(), {}));
      },
      [&](long nth) {
        if (!turns) return;
        for (const std::int64_t question : {1, 2})
          EXPECT_TRUE(turns->Await(question, clock.Monotonic(), {})) << nth;
      });
  EXPECT_GT(failures, 3);
}

}  // namespace
}  // namespace o2o

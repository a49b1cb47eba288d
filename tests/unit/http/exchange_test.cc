// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace o2o {
namespace {

using namespace std::chrono_literals;

class ExchangeTest : public ::testing::Test {
 protected:
  bool Headers(std::initializer_list<std::string_view> lines) {
    for (const std::string_view line : lines) {
      if (!exchange_.TakeHeader(std::string(line) + "\r\n")) return false;
    }
    return exchange_.TakeHeader("\r\n");
  }

  HttpRequest request_;
  std::string body_;
  BodySink sink_ = [this](std::string_view bytes) {
    body_ += bytes;
    return true;
  };
  Exchange exchange_{request_, sink_};
};

TEST_F(ExchangeTest, TheLastBlockOfHeadersCounts) {
  EXPECT_TRUE(Headers({"HTTP/1.1 100 Continue", "Content-Type: a/b", "Retry-After: 7"}));
  EXPECT_TRUE(Headers({"HTTP/1.1 200 OK", "Set-Cookie: a=1; Path=/", "set-cookie:b=2"}));
  EXPECT_TRUE(exchange_.TakeHeader("Content-Type: of/a-trailer\r\n"));
  EXPECT_EQ(exchange_.response().status, 200);
  EXPECT_EQ(exchange_.response().content_type, "");
  EXPECT_EQ(exchange_.response().set_cookies, (std::vector<std::string>{"a=1; Path=/", "b=2"}));
  EXPECT_EQ(exchange_.RetryAfter(), std::nullopt);
  EXPECT_TRUE(exchange_.headers_done());
}

TEST_F(ExchangeTest, BodyOfAnErrorIsCountedButNotWanted) {
  EXPECT_TRUE(Headers({"HTTP/1.1 503 Busy", "Retry-After: 7"}));
  EXPECT_TRUE(exchange_.TakeBody("later"));
  EXPECT_EQ(body_, "");
  EXPECT_EQ(exchange_.wire_bytes(), 5u);
  EXPECT_EQ(exchange_.RetryAfter(), 7s);
  EXPECT_FALSE(exchange_.TakeBody(std::string(64u << 10, 'x')));
  EXPECT_EQ(exchange_.abort(), Exchange::Abort::kDiscardedEnough);
}

TEST_F(ExchangeTest, CeilingsEndIt) {
  request_.max_body_bytes = 4;
  EXPECT_TRUE(Headers({"HTTP/1.1 200 OK"}));
  EXPECT_TRUE(exchange_.TakeBody("1234"));
  EXPECT_FALSE(exchange_.TakeBody("5"));
  EXPECT_EQ(exchange_.abort(), Exchange::Abort::kBodyTooLarge);
  EXPECT_EQ(body_, "1234");

  Exchange headers(request_, sink_);
  EXPECT_FALSE(headers.TakeHeader("X: " + std::string(kMaxHeaderBytes, 'x')));
  EXPECT_EQ(headers.abort(), Exchange::Abort::kHeadersTooLarge);
}

TEST_F(ExchangeTest, AnEncodingThatNobodyAskedForEndsIt) {
  EXPECT_TRUE(Headers({"HTTP/1.1 200 OK", "Content-Encoding: br"}));
  EXPECT_FALSE(exchange_.TakeBody("x"));
  EXPECT_EQ(exchange_.abort(), Exchange::Abort::kUnknownEncoding);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/response_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace o2o {
namespace {

constexpr std::size_t kMostAtOnce = 256u << 10;

// What arrives, write by write.
struct Written {
  std::vector<std::string> writes;
  std::size_t refuse_after = 1'000'000;

  bool Take(std::string_view bytes) {
    if (writes.size() == refuse_after) return false;
    writes.emplace_back(bytes);
    return true;
  }
  std::string Whole() const {
    std::string all;
    for (const std::string& piece : writes) all += piece;
    return all;
  }
  std::string Body() const { return Whole().substr(Whole().find("\r\n\r\n") + 4); }
};

bool Write(const WebResponse& response, Written& written, bool with_body = true) {
  return WriteResponse(response, "Fine", with_body,
                       [&written](std::string_view bytes) { return written.Take(bytes); });
}

TEST(ResponseWriterTest, ASmallAnswerIsOneWrite) {
  WebResponse response;
  response.status = 201;
  response.headers = {{"Allow", "GET"}};
  response.body = "first\n";
  const std::string parts = "second\n";
  response.parts = {parts, parts};
  Written written;
  EXPECT_TRUE(Write(response, written));
  ASSERT_EQ(written.writes.size(), 1u);
  EXPECT_TRUE(written.Whole().starts_with("HTTP/1.1 201 Fine\r\nDate: ")) << written.Whole();
  EXPECT_NE(written.Whole().find("\r\nContent-Length: 20\r\n"), std::string::npos) << written.Whole();
  EXPECT_NE(written.Whole().find("\r\nAllow: GET\r\n"), std::string::npos) << written.Whole();
  EXPECT_EQ(written.Body(), "first\nsecond\nsecond\n");
}

TEST(ResponseWriterTest, LargePartsAreSplitAndSmallOnesJoined) {
  const std::string large(3 * kMostAtOnce + 1, 'x');
  const std::string small = "small\n";
  WebResponse response;
  response.parts = {small, small, large, small, small};
  Written written;
  EXPECT_TRUE(Write(response, written));
  EXPECT_EQ(written.Body(), small + small + large + small + small);
  EXPECT_EQ(written.writes.size(), 6u);  // what comes before it, 4 pieces of it, what comes after it
  for (const std::string& piece : written.writes) EXPECT_LE(piece.size(), kMostAtOnce);
}

TEST(ResponseWriterTest, WithoutItsBodyTheAnswerKeepsItsHeaders) {
  WebResponse response;
  response.body = "body";
  Written written;
  EXPECT_TRUE(Write(response, written, false));
  EXPECT_NE(written.Whole().find("\r\nContent-Length: 4\r\n"), std::string::npos) << written.Whole();
  EXPECT_EQ(written.Body(), "");
}

TEST(ResponseWriterTest, NothingIsWrittenAfterARefusal) {
  const std::string large(3 * kMostAtOnce, 'x');
  WebResponse response;
  response.parts = {large, large};
  Written written;
  written.refuse_after = 2;
  EXPECT_FALSE(Write(response, written));
  EXPECT_EQ(written.writes.size(), 2u);
}

}  // namespace
}  // namespace o2o

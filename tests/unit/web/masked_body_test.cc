// SPDX-License-Identifier: Apache-2.0
#include "web/masked_body.h"

#include <gtest/gtest.h>

#include "base/secret.h"
#include "unit/web/raw_client.h"
#include "web/web_server.h"

namespace o2o {
namespace {

std::string Masked(std::string content_type, std::string body) {
  WebResponse response;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return MaskedBody(response);
}

TEST(MaskedBodyTest, EachKindOfPageStaysWhatItIs) {
  const Secret secret("p\"ss<word>&");
  EXPECT_EQ(Masked("text/plain; charset=utf-8", "no p\"ss<word>& here\n"), "no <secret> here\n");
  EXPECT_EQ(Masked("application/json", "{\"error\":\"no p\\\"ss<word>& here\"}\n"),
            "{\"error\":\"no <secret> here\"}\n");
  EXPECT_EQ(Masked("text/html; charset=utf-8", "<p class=a>no p&quot;ss&lt;word&gt;&amp; here</p>"),
            "<p class=a>no &lt;secret&gt; here</p>");
}

// Masked, they would say what it is.
TEST(MaskedBodyTest, APasswordThatIsAWordOfThePageBreaksNothing) {
  const Secret tag("table");
  const Secret color("color");
  const Secret field("state");
  const std::string page = "<style>td{color:red}</style><table class=state><tr><td>";
  EXPECT_EQ(Masked("text/html; charset=utf-8", page + "a table</td>"), page + "a &lt;secret&gt;</td>");
  EXPECT_EQ(Masked("application/json", R"({"state":"up","error":"of state"})"),
            R"({"state":"up","error":"of <secret>"})");
}

TEST(MaskedBodyTest, UnclosedTagsAreKept) {
  const Secret secret("hunter2secret");
  EXPECT_EQ(Masked("text/html; charset=utf-8", "hunter2secret<style>a"), "&lt;secret&gt;<style>a");
  EXPECT_EQ(Masked("text/html; charset=utf-8", "<p"), "<p");
}

// Whatever a handler answers, and where it fails.
TEST(MaskedBodyTest, TheServerSendsNoOtherBody) {
  const Secret secret("hunter2secret");
  WebRoute route;
  route.path = "/says";
  route.handler = [](const WebRequest&) {
    WebResponse response;
    response.status = 503;
    response.body = "it is hunter2secret\n";
    return response;
  };
  const auto server = WebServer::Start({"127.0.0.1:0"}, {route});
  ASSERT_TRUE(server);
  const auto got = testing::Ask((*server)->port(), "GET", "/says");
  EXPECT_EQ(got.body, "it is <secret>\n");
  EXPECT_EQ(got.Header("Content-Length"), "15");
  EXPECT_EQ(testing::Ask((*server)->port(), "HEAD", "/says").Header("Content-Length"), "15");
}

}  // namespace
}  // namespace o2o

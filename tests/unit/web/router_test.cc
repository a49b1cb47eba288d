// SPDX-License-Identifier: Apache-2.0
#include "web/router.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "unit/web/routes.h"

namespace o2o {
namespace {

using testing::Gate;
using testing::Plain;
using testing::Route;
using namespace std::chrono_literals;

WebResponse Ask(Router& router, const std::string& method, const std::string& path) {
  WebRequest request;
  request.method = method;
  request.path = path;
  return router.Answer(request);
}

std::string Header(const WebResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::vector<WebRoute> Pages() {
  std::vector<WebRoute> routes;
  routes.push_back(Route("/", [](const WebRequest&) { return Plain("home\n"); }));
  routes.push_back(Route("/api/exact", [](const WebRequest&) { return Plain("exact\n"); }));
  routes.push_back(Route(
      "/api/exact", [](const WebRequest&) { return Plain("posted\n"); }, "POST"));
  routes.push_back(Route("/api/", [](const WebRequest& request) { return Plain(request.path + "\n"); }));
  routes.back().below = true;
  return routes;
}

TEST(RouterTest, RouteBelowAPathAnswersWhatNoOtherDoes) {
  Router router(Pages(), 40);
  EXPECT_EQ(Ask(router, "GET", "/api/exact").body, "exact\n");
  EXPECT_EQ(Ask(router, "POST", "/api/exact").body, "posted\n");
  EXPECT_EQ(Ask(router, "GET", "/api/any/thing").body, "/api/any/thing\n");
  EXPECT_EQ(Ask(router, "GET", "/api").status, 404);
  EXPECT_EQ(Ask(router, "POST", "/api/any").status, 405);
}

TEST(RouterTest, NotFoundListsThePages) {
  Router router(Pages(), 40);
  const WebResponse response = Ask(router, "GET", "/nothing");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            "404: no such page. The pages are:\n"
            "  GET /\n  GET /api/exact\n  POST /api/exact\n  GET /api/...\n");
}

TEST(RouterTest, MethodNotAllowedListsTheMethodsOfThePath) {
  Router router(Pages(), 40);
  EXPECT_EQ(Header(Ask(router, "PUT", "/"), "Allow"), "GET, HEAD");
  EXPECT_EQ(Header(Ask(router, "PUT", "/api/exact"), "Allow"), "GET, HEAD, POST");
}

TEST(RouterTest, AHandlerThatThrowsIsA500WithoutItsReason) {
  std::vector<WebRoute> routes;
  routes.push_back(
      Route("/throws", [](const WebRequest&) -> WebResponse { throw std::runtime_error("boom"); }));
  routes.push_back(Route("/throws-odd", [](const WebRequest&) -> WebResponse { throw 7; }));
  Router router(std::move(routes), 40);
  for (const char* path : {"/throws", "/throws-odd"}) {
    const WebResponse response = Ask(router, "GET", path);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "500: this page failed; the exporter's log says why.\n");
  }
}

TEST(RouterTest, LimitsWhatRunsAtOnce) {
  Gate gate;
  std::vector<WebRoute> routes = Pages();
  routes.push_back(Route("/metrics", [](const WebRequest&) { return Plain("o2o_up 1\n"); }));
  routes.back().limited = true;
  routes.push_back(Route("/slow", [&gate](const WebRequest&) {
    gate.Pass();
    return Plain("done\n");
  }));
  routes.back().limited = true;
  Router router(std::move(routes), 2);
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 2; ++c) {
    clients.emplace_back([&] { good += Ask(router, "GET", "/slow").body == "done\n"; });
  }
  EXPECT_TRUE(gate.WaitFor(2));
  const WebResponse refused = Ask(router, "GET", "/metrics");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(Header(refused, "Retry-After"), "1");
  EXPECT_NE(refused.body.find("--web.max-requests 2"), std::string::npos);
  EXPECT_EQ(Ask(router, "GET", "/").status, 200);  // not limited
  gate.Open();
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 2);
  EXPECT_EQ(Ask(router, "GET", "/metrics").status, 200);
}

TEST(RouterTest, NoHandlerStartsAfterStop) {
  Gate gate;
  std::vector<WebRoute> routes = Pages();
  routes.push_back(Route("/slow", [&gate](const WebRequest&) {
    gate.Pass();
    return Plain("done\n");
  }));
  Router router(std::move(routes), 40);
  std::thread client([&] { EXPECT_EQ(Ask(router, "GET", "/slow").body, "done\n"); });
  EXPECT_TRUE(gate.WaitFor(1));
  router.Stop();
  EXPECT_EQ(Ask(router, "GET", "/").status, 503);
  EXPECT_FALSE(router.WaitIdle(std::chrono::steady_clock::now()));
  gate.Open();
  EXPECT_TRUE(router.WaitIdle(std::chrono::steady_clock::now() + 10s));
  client.join();
}

}  // namespace
}  // namespace o2o

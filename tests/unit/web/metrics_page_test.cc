// SPDX-License-Identifier: Apache-2.0
#include "web/metrics_page.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "metrics/catalogue.h"
#include "unit/metrics/exposition_text.h"
#include "unit/metrics/gunzip.h"
#include "unit/metrics/run_command.h"
#include "unit/web/raw_client.h"
#include "web/web_server.h"

namespace o2o {
namespace {

using testing::Ask;
using testing::Gunzip;
using testing::RawResponse;
using testing::RunCommand;

class MetricsPageTest : public ::testing::Test {
 protected:
  MetricsPageTest() {
    Family open{catalogue::kOrdersOpen, {}, {}, {}};
    for (int i = 0; i < 2'000; ++i)  // promtool 2.53 compares each with each
      open.samples.push_back({{"delivery", "S" + std::to_string(i)}, std::to_string(i)});
    board_.Publish("orders", MakeSnapshot({open}, {}));
    metrics_.AddSource("orders", 15, {});
    WebRoute route;
    route.path = "/metrics";
    route.handler = [this](const WebRequest& request) { return MetricsPage(request, board_, metrics_); };
    route.limited = true;
    auto server = WebServer::Start({"127.0.0.1:0", 40}, {route});
    if (server) server_ = std::move(*server);
  }

  RawResponse Scrape(const std::string& headers) { return Ask(server_->port(), "GET", "/metrics", headers); }

  // All but process_*, which are never the same.
  std::string Published() const {
    SnapshotBoard::Snapshots snapshots = board_.Read();
    snapshots.emplace("exporter", metrics_.Read());
    return JoinText(snapshots);
  }

  SnapshotBoard board_;
  ExporterMetrics metrics_;
  std::unique_ptr<WebServer> server_;
};

TEST_F(MetricsPageTest, IsPlainTextUnlessMoreIsAskedFor) {
  const RawResponse response = Scrape("");
  EXPECT_EQ(response.Header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.Header("Content-Encoding"), "");
  EXPECT_EQ(response.Header("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(response.Header("Content-Length"), std::to_string(response.body.size()));
  EXPECT_TRUE(response.body.starts_with(Published()));
  EXPECT_NE(response.body.find("\no2o_source_up{source=\"orders\"} 0\n"), std::string::npos);
  const auto promtool = RunCommand("promtool check metrics", response.body);
  EXPECT_EQ(promtool.status, 0) << promtool.output;
}

TEST_F(MetricsPageTest, IsGzippedForWhomeverTakesIt) {
  const RawResponse response = Scrape("Accept-Encoding: gzip\r\n");
  EXPECT_EQ(response.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(response.Header("Content-Length"), std::to_string(response.body.size()));
  EXPECT_TRUE(Gunzip(response.body).starts_with(Published()));
  EXPECT_EQ(Scrape("Accept-Encoding: gzip;q=0\r\n").Header("Content-Encoding"), "");
}

TEST_F(MetricsPageTest, IsOpenMetricsForClientsThatPreferIt) {
  const RawResponse response =
      Scrape("Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n");
  EXPECT_EQ(response.Header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(response.body.ends_with("\n# EOF\n"));
}

TEST_F(MetricsPageTest, ReportsItsProcessAtTheScrape) {
  const double before = testing::ValueOf(Scrape("").body, "process_open_fds");
  std::vector<int> fds(100);
  for (int& fd : fds) fd = dup(0);
  const double after = testing::ValueOf(Scrape("").body, "process_open_fds");
  for (const int fd : fds) close(fd);
  // The server closes a connection on its own thread, so that either scrape may have counted another's.
  constexpr double kConnections = 4;
  EXPECT_NEAR(after, before + static_cast<double>(fds.size()), kConnections);
}

TEST_F(MetricsPageTest, IsReadByCurl) {
  const std::string url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/metrics";
  const auto curl = RunCommand("curl -fsS --compressed " + url, "");
  EXPECT_EQ(curl.status, 0) << curl.output;
  EXPECT_TRUE(curl.output.starts_with(Published()));
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "metrics/exposition.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "metrics/catalogue.h"
#include "metrics/exporter_metrics.h"
#include "metrics/process_metrics.h"
#include "unit/metrics/gunzip.h"
#include "unit/metrics/run_command.h"

namespace o2o {
namespace {

using testing::Gunzip;
using testing::kNastyTexts;
using testing::RunCommand;

constexpr auto kText = ExpositionFormat::kText;
constexpr auto kOpenMetrics = ExpositionFormat::kOpenMetrics;

std::string Body(const Exposition& exposition) {
  std::string body;
  for (const std::string_view part : exposition.parts) body += part;
  EXPECT_EQ(body.size(), exposition.bytes);
  return body;
}

// A shop's worth of families from two publishers, with every nasty text as a label.
SnapshotBoard::Snapshots Shop() {
  std::vector<Family> orders;
  std::vector<Family> vendors;
  Family ingested{catalogue::kOrdersIngested, {}, {}, {}};
  Family open{catalogue::kOrdersOpen, {}, {}, {}};
  Family duration{catalogue::kOrderDuration, {}, {0.1, 1, 60, 3600, 100000, 1e6}, {}};
  int i = 0;
  for (const std::string_view text : kNastyTexts) {
    ingested.samples.push_back({{std::string(text)}, FormatValue(std::int64_t{i++})});
    open.samples.push_back({{std::string(text), "PENDING"}, "0.5"});
    duration.histograms.push_back({{std::string(text), "completed"}, {1, 2, 3, 4, 5, 6, 7}, "12.5"});
  }
  orders = {ingested, duration, open};
  Family vendor_open{catalogue::kOrdersOpen, {{{"delivery", "vendor only"}, "3"}}, {}, {}};
  Family online{
      {"vendor_online", MetricType::kGauge, {"vendor_code"}, "Whether a \"vendor\" is online."}, {}, {}, {}};
  for (int vendor = 0; vendor < 2000; ++vendor)
    online.samples.push_back({{"V" + std::to_string(vendor)}, "1"});
  Family odd{{"shop_things", MetricType::kCounter, {}, "A counter without its suffix."}, {{{}, "7"}}, {}, {}};
  vendors = {online, vendor_open, odd};
  ExporterMetrics exporter;
  exporter.AddSource("orders", 15, {{}, {"missing_id", "bad_time"}, {}});
  exporter.PollStarted("orders");
  exporter.PollEnded("orders", {.up = true,
                                .trouble = {},
                                .duration_seconds = 0.25,
                                .rows = 3,
                                .series = 4,
                                .response_bytes = 5,
                                .rejected_rows = {},
                                .repaired = {},
                                .at = {}});
  exporter.StoreWrote(0.02);
  return {
      {"", exporter.Read()}, {"orders", MakeSnapshot(orders, {})}, {"vendors", MakeSnapshot(vendors, {})}};
}

constexpr const char* kParseOpenMetrics =
    "/usr/bin/python3 -c 'import sys\n"
    "from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n"
    "families = list(parse(sys.stdin.buffer.read().decode()))\n"
    "print(sum(len(family.samples) for family in families))'";
constexpr const char* kParseText =
    "/usr/bin/python3 -c 'import sys\n"
    "from prometheus_client.parser import text_string_to_metric_families as parse\n"
    "families = list(parse(sys.stdin.buffer.read().decode()))\n"
    "print(sum(len(family.samples) for family in families))'";

long CountSamples(const std::string& text) {
  long count = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) count += text[at] != '#';
  return count;
}

TEST(Compose, PlainTextIsTheJoinedTextAndOurOwn) {
  const auto exposition = Compose(Shop(), "# TYPE zz gauge\nzz 1\n", kText, false);
  EXPECT_EQ(Body(*exposition), JoinText(Shop()) + "# TYPE zz gauge\nzz 1\n");
  EXPECT_EQ(exposition->content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_FALSE(exposition->gzip);
}

TEST(Compose, GzipIsOneMemberOfTheSameBytes) {
  for (const auto format : {kText, kOpenMetrics}) {
    const std::string own = ProcessText(format);
    const auto plain = Compose(Shop(), own, format, false);
    const auto zipped = Compose(Shop(), own, format, true);
    EXPECT_TRUE(zipped->gzip);
    EXPECT_EQ(zipped->content_type, plain->content_type);
    EXPECT_EQ(Gunzip(Body(*zipped)), Body(*plain));
    EXPECT_LT(zipped->bytes, plain->bytes / 4);
  }
}

TEST(Compose, GzipIsReadByOthers) {
  const std::string own = ProcessText(kText);
  const std::string plain = Body(*Compose(Shop(), own, kText, false));
  const std::string zipped = Body(*Compose(Shop(), own, kText, true));
  const auto gzip = RunCommand("gzip -dc", zipped);
  EXPECT_EQ(gzip.status, 0);
  EXPECT_EQ(gzip.output, plain);
  const auto python = RunCommand(
      "/usr/bin/python3 -c 'import gzip,sys; "
      "sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'",
      zipped);
  EXPECT_EQ(python.status, 0);
  EXPECT_EQ(python.output, plain);
}

TEST(Compose, TextIsCleanForPromtoolAndThePythonClient) {
  SnapshotBoard::Snapshots shop = Shop();
  const std::string text = Body(*Compose(shop, ProcessText(kText), kText, false));
  const auto promtool = RunCommand("promtool check metrics", text);
  // The one thing that promtool says is about the counter that a user named without _total.
  EXPECT_EQ(promtool.output, "shop_things counter metrics should have \"_total\" suffix\n");
  const auto python = RunCommand(kParseText, text);
  EXPECT_EQ(python.status, 0) << python.output;
  EXPECT_EQ(python.output, std::to_string(CountSamples(text)) + "\n");
}

TEST(Compose, OpenMetricsIsReadByThePythonClient) {
  const auto exposition = Compose(Shop(), ProcessText(kOpenMetrics), kOpenMetrics, false);
  const std::string text = Body(*exposition);
  EXPECT_EQ(exposition->content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
  EXPECT_NE(text.find("# TYPE o2o_orders_ingested counter\no2o_orders_ingested_total{"), std::string::npos);
  EXPECT_NE(text.find("# TYPE shop_things unknown\nshop_things 7\n"), std::string::npos);
  const auto python = RunCommand(kParseOpenMetrics, text);
  EXPECT_EQ(python.status, 0) << python.output;
  EXPECT_EQ(python.output, std::to_string(CountSamples(text)) + "\n");
}

TEST(Compose, SamplesAreTheSameBytesInBothFormats) {
  const auto samples = [](const std::string& text) {
    std::string kept;
    for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
      end = text.find('\n', at);
      if (text[at] != '#') kept += text.substr(at, end - at + 1);
    }
    return kept;
  };
  EXPECT_EQ(samples(Body(*Compose(Shop(), "", kText, false))),
            samples(Body(*Compose(Shop(), "", kOpenMetrics, false))));
}

TEST(Compose, OfNothingIsValid) {
  EXPECT_EQ(Body(*Compose({}, "", kText, false)), "");
  EXPECT_EQ(Gunzip(Body(*Compose({}, "", kText, true))), "");
  EXPECT_EQ(Gunzip(Body(*Compose({}, "", kOpenMetrics, true))), "# EOF\n");
}

TEST(Compose, OutlivesTheSnapshotsItWasMadeOf) {
  SnapshotBoard board;
  for (const auto& [name, snapshot] : Shop()) board.Publish(name, snapshot);
  const std::string before = JoinText(board.Read());
  const auto exposition = Compose(board.Read(), "", kText, false);
  board.Drop("orders");
  board.Drop("vendors");
  EXPECT_EQ(Body(*exposition), before);
}

TEST(Compose, ManyScrapersAndPublishersAtOnce) {
  SnapshotBoard board;
  std::atomic<bool> stop{false};
  std::vector<std::thread> publishers;
  for (int p = 0; p < 4; ++p) {
    publishers.emplace_back([&board, &stop, p] {
      for (int i = 0; !stop; ++i) {
        Family family{
            {"o2o_x", MetricType::kGauge, {"p"}, "X."}, {{{std::to_string(p)}, std::to_string(i)}}, {}, {}};
        board.Publish(std::to_string(p), MakeSnapshot({family}, {}));
      }
    });
  }
  std::vector<std::thread> scrapers;
  std::atomic<int> good{0};
  for (int s = 0; s < 8; ++s) {
    scrapers.emplace_back([&board, &good] {
      for (int i = 0; i < 50; ++i) {
        const auto snapshots = board.Read();
        good += Gunzip(Body(*Compose(snapshots, "own 1\n", kText, true))) == JoinText(snapshots) + "own 1\n";
      }
    });
  }
  for (std::thread& thread : scrapers) thread.join();
  stop = true;
  for (std::thread& thread : publishers) thread.join();
  EXPECT_EQ(good, 400);
}

TEST(Negotiate, ByAcceptWithQualities) {
  const struct {
    const char* accept;
    ExpositionFormat format;
  } cases[] = {
      {"", kText},
      {"*/*", kText},
      {"text/plain", kText},
      {"text/*", kText},
      {"application/json", kText},
      {"application/openmetrics-text", kOpenMetrics},
      {"Application/OpenMetrics-Text; Version=\"1.0.0\"", kOpenMetrics},
      {"application/openmetrics-text;version=0.0.1", kText},  // a draft that we do not speak
      {"application/openmetrics-text;version=2.0.0", kText},
      {"application/openmetrics-text;q=0", kText},
      {"application/openmetrics-text;q=0,text/plain;q=0", kText},
      {"application/openmetrics-text;q=0.5,text/plain;q=0.5", kText},
      {"application/openmetrics-text;q=0.5,text/plain;q=0.4", kOpenMetrics},
      {"application/openmetrics-text;q=0.4,text/plain;q=0.5", kText},
      {"application/openmetrics-text;q=nonsense", kText},
      {"application/openmetrics-text;q=1e9,text/plain", kText},
      {";;,,=;q=,", kText},
      // Prometheus 2.42
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       kOpenMetrics},
      // Prometheus 3, first with protobuf
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
       "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
       "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
       "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
       kOpenMetrics},
      // Firefox
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", kText},
  };
  for (const auto& test : cases) EXPECT_EQ(NegotiateFormat(test.accept), test.format) << test.accept;
}

TEST(Negotiate, GzipByAcceptEncodingWithQualities) {
  for (const char* yes : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.1", "*", "x-gzip", "gzip, identity",
                          "br;q=1, gzip;q=0.5"}) {
    EXPECT_TRUE(AcceptsGzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "br", "gzipped",
                         "gzip;q=0.5, identity;q=1", "gzip;q=x"}) {
    EXPECT_FALSE(AcceptsGzip(no)) << no;
  }
}

}  // namespace
}  // namespace o2o

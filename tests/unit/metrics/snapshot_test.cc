// SPDX-License-Identifier: Apache-2.0
#include "metrics/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "unit/metrics/run_command.h"

namespace o2o {
namespace {

using testing::kNastyTexts;
using testing::RunCommand;

MetricDesc Gauge(std::string name, std::vector<std::string> labels = {}) {
  return {std::move(name), MetricType::kGauge, std::move(labels), "A help text."};
}

std::string TextOf(Family family) {
  const auto block = Render(std::move(family));
  return block->header + block->samples;
}

TEST(Render, SortsSamplesByLabels) {
  const Family family{
      Gauge("o2o_g", {"a", "b"}), {{{"y", "1"}, "1"}, {{"x", "2"}, "2"}, {{"x", "10"}, "3"}}, {}, {}};
  EXPECT_EQ(TextOf(family),
            "# HELP o2o_g A help text.\n"
            "# TYPE o2o_g gauge\n"
            "o2o_g{a=\"x\",b=\"10\"} 3\n"
            "o2o_g{a=\"x\",b=\"2\"} 2\n"
            "o2o_g{a=\"y\",b=\"1\"} 1\n");
}

TEST(Render, WritesASampleWithoutLabels) {
  const auto block = Render({Gauge("o2o_g"), {{{}, "1234567.89000000000001"}}, {}, {}});
  EXPECT_EQ(block->samples, "o2o_g 1234567.89000000000001\n");
  EXPECT_EQ(block->series, 1u);
}

TEST(Render, EscapesLabelValues) {
  const auto block = Render({Gauge("o2o_g", {"a"}), {{{"x\"\\\n\xff"}, "1"}}, {}, {}});
  EXPECT_EQ(block->samples, "o2o_g{a=\"x\\\"\\\\\\n\xEF\xBF\xBD\"} 1\n");
}

TEST(Render, KeepsOneOfEqualLabelSetsAlsoWhenRepairMakesThemEqual) {
  const Family family{Gauge("o2o_g", {"a", "b"}),
                      {{{"\xfe", "1"}, "1"},
                       {{"\xfe", "2"}, "2"},
                       {{"\xff", "1"}, "3"},
                       {{"x", "x"}, "4"},
                       {{"x", "x"}, "5"}},
                      {},
                      {}};
  const auto block = Render(family);
  EXPECT_EQ(block->samples,
            "o2o_g{a=\"x\",b=\"x\"} 4\n"
            "o2o_g{a=\"\xEF\xBF\xBD\",b=\"1\"} 1\n"
            "o2o_g{a=\"\xEF\xBF\xBD\",b=\"2\"} 2\n");
  EXPECT_EQ(block->series, 3u);
}

TEST(Render, WritesAsManyLabelsAsTheDescHas) {
  EXPECT_EQ(Render({Gauge("o2o_g", {"a", "b"}), {{{"x"}, "1"}}, {}, {}})->samples,
            "o2o_g{a=\"x\",b=\"\"} 1\n");
  EXPECT_EQ(Render({Gauge("o2o_g", {"a"}), {{{"x", "y"}, "1"}}, {}, {}})->samples, "o2o_g{a=\"x\"} 1\n");
}

TEST(Render, CumulatesHistogramBuckets) {
  Family family;
  family.desc = {"o2o_h_seconds", MetricType::kHistogram, {"type"}, "H."};
  family.bounds = {0.5, 60};
  family.histograms = {{{"b"}, {1, 2, 3}, "180.25"}, {{"a"}, {0, 0, 0}, "0"}};
  const auto block = Render(family);
  EXPECT_EQ(block->header, "# HELP o2o_h_seconds H.\n# TYPE o2o_h_seconds histogram\n");
  EXPECT_EQ(block->samples,
            "o2o_h_seconds_bucket{type=\"a\",le=\"0.5\"} 0\n"
            "o2o_h_seconds_bucket{type=\"a\",le=\"60.0\"} 0\n"
            "o2o_h_seconds_bucket{type=\"a\",le=\"+Inf\"} 0\n"
            "o2o_h_seconds_sum{type=\"a\"} 0\n"
            "o2o_h_seconds_count{type=\"a\"} 0\n"
            "o2o_h_seconds_bucket{type=\"b\",le=\"0.5\"} 1\n"
            "o2o_h_seconds_bucket{type=\"b\",le=\"60.0\"} 3\n"
            "o2o_h_seconds_bucket{type=\"b\",le=\"+Inf\"} 6\n"
            "o2o_h_seconds_sum{type=\"b\"} 180.25\n"
            "o2o_h_seconds_count{type=\"b\"} 6\n");
  EXPECT_EQ(block->series, 10u);
}

TEST(Render, WritesAHistogramWithoutLabels) {
  Family family;
  family.desc = {"o2o_h", MetricType::kHistogram, {}, "H."};
  family.histograms = {{{}, {7}, "1"}};
  EXPECT_EQ(Render(family)->samples, "o2o_h_bucket{le=\"+Inf\"} 7\no2o_h_sum 1\no2o_h_count 7\n");
}

TEST(Render, IsTheSameWhateverTheOrderOfTheSamples) {
  Family forward{Gauge("o2o_g", {"a"}), {}, {}, {}};
  for (int i = 0; i < 500; ++i) forward.samples.push_back({{std::to_string(i)}, std::to_string(i)});
  Family backward = forward;
  std::reverse(backward.samples.begin(), backward.samples.end());
  EXPECT_EQ(TextOf(forward), TextOf(backward));
}

TEST(Render, SurvivesEveryLabelValueUnderPromtool) {
  Family family{Gauge("o2o_g", {"a", "b"}), {}, {}, {}};
  for (const std::string_view a : kNastyTexts) {
    for (const std::string_view b : kNastyTexts) {
      family.samples.push_back({{std::string(a), std::string(b)}, "1"});
    }
  }
  family.samples.push_back({{"value", "nan"}, "NaN"});
  family.samples.push_back({{"value", "inf"}, "+Inf"});
  family.samples.push_back({{"value", "-inf"}, "-Inf"});
  family.desc.help = "Help with \" and \\ and\nnewline, \xff and \xF0\x9F\x8D\x9C.";
  const auto result = RunCommand("promtool check metrics", TextOf(family));
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(Join, PrintsEachFamilyOnceSortedByName) {
  SnapshotBoard board;
  board.Publish("two", MakeSnapshot({{Gauge("o2o_b", {"s"}), {{{"two"}, "2"}}, {}, {}},
                                     {Gauge("o2o_a"), {{{}, "1"}}, {}, {}}},
                                    {}));
  board.Publish("one", MakeSnapshot({{Gauge("o2o_c"), {{{}, "3"}}, {}, {}},
                                     {Gauge("o2o_b", {"s"}), {{{"one"}, "1"}}, {}, {}}},
                                    {}));
  EXPECT_EQ(JoinText(board.Read()),
            "# HELP o2o_a A help text.\n"
            "# TYPE o2o_a gauge\n"
            "o2o_a 1\n"
            "# HELP o2o_b A help text.\n"
            "# TYPE o2o_b gauge\n"
            "o2o_b{s=\"one\"} 1\n"
            "o2o_b{s=\"two\"} 2\n"
            "# HELP o2o_c A help text.\n"
            "# TYPE o2o_c gauge\n"
            "o2o_c 3\n");
}

TEST(Join, NeverMixesTypesUnderOneName) {
  SnapshotBoard board;
  Family histogram;
  histogram.desc = {"o2o_x", MetricType::kHistogram, {}, "H."};
  histogram.histograms = {{{}, {1}, "1"}};
  board.Publish("a", MakeSnapshot({{Gauge("o2o_x"), {{{}, "1"}}, {}, {}}}, {}));
  board.Publish("b", MakeSnapshot({histogram}, {}));
  EXPECT_EQ(JoinText(board.Read()), "# HELP o2o_x A help text.\n# TYPE o2o_x gauge\no2o_x 1\n");
}

TEST(Join, PrintsAFamilyWithoutSamplesAndPromtoolTakesIt) {
  SnapshotBoard board;
  board.Publish(
      "a",
      MakeSnapshot({{Gauge("o2o_empty", {"a"}), {}, {}, {}}, {Gauge("o2o_full"), {{{}, "1"}}, {}, {}}}, {}));
  const std::string text = JoinText(board.Read());
  EXPECT_NE(text.find("# TYPE o2o_empty gauge\n"), std::string::npos);
  const auto result = RunCommand("promtool check metrics", text);
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(Join, OfNothingIsEmpty) { EXPECT_EQ(JoinText({}), ""); }

TEST(Board, DropsAndReplaces) {
  SnapshotBoard board;
  board.Publish("a", MakeSnapshot({{Gauge("o2o_a"), {{{}, "1"}}, {}, {}}}, {}));
  board.Publish("a", MakeSnapshot({{Gauge("o2o_a"), {{{}, "2"}}, {}, {}}}, {}));
  EXPECT_NE(JoinText(board.Read()).find("o2o_a 2\n"), std::string::npos);
  board.Drop("a");
  board.Drop("never there");
  EXPECT_EQ(JoinText(board.Read()), "");
}

TEST(Board, RowsOutliveAStaleSnapshotButNotTheirPublisher) {
  SnapshotBoard board;
  const LastRows rows{std::make_shared<const std::vector<std::string>>(1, "{\"a\":1}"),
                      2,
                      {},
                      std::make_shared<const VendorCodes>()};
  board.Publish("vendors", MakeSnapshot({}, {}), rows);
  EXPECT_FALSE(board.Rows().at("vendors").complete());
  board.Drop("vendors");
  EXPECT_EQ(*board.Rows().at("vendors").rows, *rows.rows);
  EXPECT_TRUE(board.Read().empty());
  board.Remove("vendors");
  EXPECT_TRUE(board.Rows().empty());
}

TEST(Board, ShowsWholeSnapshotsOnlyWhileManyPublishAndRead) {
  SnapshotBoard board;
  // Each snapshot carries one number in all of its families: a reader that sees two numbers of one publisher
  // saw a mixture.
  const auto make = [](const std::string& publisher, int number) {
    std::vector<Family> families;
    for (const char* name : {"o2o_a", "o2o_b", "o2o_c"}) {
      families.push_back({Gauge(name, {"publisher"}), {{{publisher}, std::to_string(number)}}, {}, {}});
    }
    return MakeSnapshot(std::move(families), {});
  };
  std::atomic<bool> stop{false};
  std::vector<std::thread> publishers;
  for (const char* name : {"p1", "p2", "p3"}) {
    board.Publish(name, make(name, 0));
    publishers.emplace_back([&, name] {
      for (int i = 1; !stop; ++i) {
        board.Publish(name, make(name, i));
        if (i % 7 == 0) board.Drop(name);
      }
    });
  }
  int mixtures = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = JoinText(board.Read());
    for (const std::string publisher : {"p1", "p2", "p3"}) {
      std::set<std::string> numbers;
      int lines = 0;
      const std::string key = "{publisher=\"" + publisher + "\"} ";
      for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
        numbers.insert(text.substr(at + key.size(), text.find('\n', at) - at - key.size()));
        ++lines;
      }
      mixtures += numbers.size() > 1 || (lines != 0 && lines != 3);
    }
  }
  stop = true;
  for (std::thread& thread : publishers) thread.join();
  EXPECT_EQ(mixtures, 0);
}

}  // namespace
}  // namespace o2o

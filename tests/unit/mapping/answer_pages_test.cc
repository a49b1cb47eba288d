// SPDX-License-Identifier: Apache-2.0
// An answer that comes in pages: all of them feed one mapping.
#include <gtest/gtest.h>

#include "mapping/answer_mapper.h"
#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

using Texts = std::vector<std::string>;

RowsConfig AtRows() {
  RowsConfig rows;
  rows.pointer = "/rows";
  return rows;
}

MetricConfig Aggregated(Aggregate aggregate, std::vector<LabelFrom> labels = {{"shop", "shop"}}) {
  MetricConfig metric = Gauge("n", "n", std::move(labels));
  metric.aggregate = aggregate;
  return metric;
}

Mapped MapPagesIn(const MappingConfig& config, const Texts& pages, std::size_t piece_bytes) {
  AnswerMapper mapper(config);
  Result<void> good;
  for (const std::string& page : pages) {
    if (!good) break;
    if (&page != &pages.front()) mapper.BeginPage();
    for (std::size_t at = 0; at < page.size() && good; at += piece_bytes)
      good = mapper.Feed(page.substr(at, piece_bytes));
    if (good) good = mapper.EndPage();
  }
  Result<Mapping> mapping = mapper.Finish();
  Mapped mapped;
  if (!mapping) {
    EXPECT_TRUE(good || mapping.error().message == good.error().message);
    mapped.lines = std::string(Name(mapping.error().code)) + ": " + mapping.error().message;
    mapped.report = mapper.report();
    return mapped;
  }
  EXPECT_TRUE(good);
  for (Family& family : mapping->families) mapped.lines += Render(std::move(family))->samples;
  mapped.report = std::move(mapping->report);
  return mapped;
}

// Whole pages, and held against the same in small pieces.
Mapped MapPages(const MappingConfig& config, const Texts& pages) {
  Mapped mapped = MapPagesIn(config, pages, 1u << 20);
  for (const std::size_t bytes : {1, 7}) {
    const Mapped again = MapPagesIn(config, pages, bytes);
    EXPECT_EQ(again.lines, mapped.lines) << bytes;
    EXPECT_EQ(again.report.sample_rows, mapped.report.sample_rows) << bytes;
    EXPECT_EQ(again.report.rejected, mapped.report.rejected) << bytes;
    EXPECT_EQ(again.report.notes, mapped.report.notes) << bytes;
  }
  return mapped;
}

struct Combination {
  const char* name;
  Aggregate aggregate;
  DuplicatePolicy on_duplicate;
  const char* value;  // of 3 and 10 on the first page, 5 and 4 on later ones; empty: none is published
};

class PagesTogetherTest : public ::testing::TestWithParam<Combination> {};

// What each page gave is combined as the rows of one answer are; with a label from the document too, which is
// known only at the end of each page.
TEST_P(PagesTogetherTest, AreOneAnswer) {
  const Combination& how = GetParam();
  for (const bool of_document : {false, true}) {
    MetricConfig metric = Aggregated(how.aggregate);
    metric.on_duplicate = how.on_duplicate;
    if (of_document) metric.labels.push_back({"region", "$/region"});
    const Mapped mapped =
        MapPages(AnyShape({metric}, AtRows()),
                 {R"({"rows":[{"shop":"a","n":3},{"shop":"a","n":10},{"shop":"b","n":1}],"region":"north"})",
                  R"({"region":"north","rows":[{"shop":"a","n":5}]})", R"({"region":"north","rows":[]})",
                  R"({"region":"north","rows":[{"shop":"a","n":4}]})"});
    const std::string more = of_document ? ",region=\"north\"" : "";
    const bool ambiguous = std::string_view(how.value).empty();
    const std::string a = ambiguous ? "" : "n{shop=\"a\"" + more + "} " + how.value + "\n";
    EXPECT_EQ(mapped.lines, a + "n{shop=\"b\"" + more + "} 1\n") << of_document;
    EXPECT_EQ(mapped.report.rows, 5u);
    EXPECT_EQ(RejectedFor(mapped.report, RowReason::kDuplicate), ambiguous ? 4u : 0u) << of_document;
    EXPECT_EQ(RepairedAs(mapped.report, RowRepair::kDuplicateLabels),
              how.aggregate == Aggregate::kNone && !ambiguous ? 3u : 0u)
        << of_document;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Combinations, PagesTogetherTest,
    ::testing::Values(Combination{"sum", Aggregate::kSum, DuplicatePolicy::kError, "22"},
                      Combination{"count", Aggregate::kCount, DuplicatePolicy::kError, "4"},
                      Combination{"min", Aggregate::kMin, DuplicatePolicy::kError, "3"},
                      Combination{"max", Aggregate::kMax, DuplicatePolicy::kError, "10"},
                      Combination{"avg", Aggregate::kAvg, DuplicatePolicy::kError, "5.5"},
                      Combination{"error", Aggregate::kNone, DuplicatePolicy::kError, ""},
                      Combination{"first", Aggregate::kNone, DuplicatePolicy::kFirst, "3"},
                      Combination{"last", Aggregate::kNone, DuplicatePolicy::kLast, "4"},
                      Combination{"added", Aggregate::kNone, DuplicatePolicy::kSum, "22"},
                      Combination{"largest", Aggregate::kNone, DuplicatePolicy::kMax, "10"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(AnswerPagesTest, TheNewestRowOfAllPagesMayHaveNoValue) {
  for (const bool of_document : {false, true}) {
    MetricConfig metric = Gauge("n", "n", {{"shop", "shop"}});
    if (of_document) metric.labels.push_back({"region", "$/region"});
    metric.newest_column = "day";
    const Mapped mapped =
        MapPages(AnyShape({metric}, AtRows()),
                 {R"({"rows":[{"shop":"a","n":1,"day":"2026-11-20"},{"shop":"b","n":null,"day":"2026-11-21"},
                     {"shop":"c","n":3,"day":"2026-11-20"},{"shop":"d","n":null,"day":"2026-11-21"}],"region":"x"})",
                  R"({"rows":[{"shop":"a","n":null,"day":"2026-11-21"},{"shop":"b","n":2,"day":"2026-11-20"},
                     {"shop":"c","n":4,"day":"2026-11-21"},{"shop":"d","n":5,"day":"2026-11-21"}],"region":"x"})"});
    const std::string more = of_document ? ",region=\"x\"" : "";
    EXPECT_EQ(mapped.lines, "n{shop=\"c\"" + more + "} 4\nn{shop=\"d\"" + more + "} 5\n");
    EXPECT_EQ(mapped.report.series, 2u);
  }
}

TEST(AnswerPagesTest, EachPageHasItsOwnLabelsOfTheDocument) {
  const auto config = AnyShape({Aggregated(Aggregate::kSum, {{"region", "$/region"}})}, AtRows());
  const Mapped mapped = MapPages(
      config, {R"({"rows":[{"n":1},{"n":2}],"region":"north"})", R"({"region":"south","rows":[{"n":4}]})",
               R"({"rows":[{"n":8}],"region":"north"})", R"({"rows":[{"n":16}]})"});
  EXPECT_EQ(mapped.lines, "n{region=\"\"} 16\nn{region=\"north\"} 11\nn{region=\"south\"} 4\n");
  EXPECT_EQ(mapped.report.notes, Texts{"column `$/region` not in the answer; it counts as empty"});
}

TEST(AnswerPagesTest, NewestRowIsThatOfAllPages) {
  for (const bool of_document : {false, true}) {
    MetricConfig metric = Gauge("n", "n", {{"shop", "shop"}});
    if (of_document) metric.labels.push_back({"region", "$/region"});
    metric.newest_column = "day";
    const auto page = [](const std::string& rows) { return R"({"rows":[)" + rows + R"(],"region":"r"})"; };
    const auto row = [](int day, int n) {
      return R"({"shop":"a","day":"2026-11-)" + std::to_string(day) + R"(","n":)" + std::to_string(n) + "}";
    };
    const std::string a = of_document ? "n{shop=\"a\",region=\"r\"} " : "n{shop=\"a\"} ";
    const auto lines = [&](const Texts& pages) {
      return MapPages(AnyShape({metric}, AtRows()), pages).lines;
    };
    EXPECT_EQ(lines({page(row(11, 1)), page(row(13, 3)), page(row(12, 2))}), a + "3\n");
    // An older page of equal times, which nobody can tell apart, is settled by a newer one; a newer one is
    // not by an older.
    EXPECT_EQ(lines({page(row(11, 1) + "," + row(11, 2)), page(row(12, 3))}), a + "3\n");
    EXPECT_EQ(lines({page(row(11, 1)), page(row(12, 2) + "," + row(12, 3))}), "");
    EXPECT_EQ(lines({page(row(12, 2)), page(row(12, 3))}), "");
    metric.on_duplicate = DuplicatePolicy::kSum;
    EXPECT_EQ(
        lines({page(row(11, 1) + "," + row(11, 2)), page(row(12, 3)), page(row(12, 4) + "," + row(12, 5))}),
        a + "12\n");
    EXPECT_EQ(lines({page(row(11, 1)), page(row(12, 4) + "," + row(12, 5)), page(row(11, 7))}), a + "9\n");
  }
}

TEST(AnswerPagesTest, RowsPerMetricAndHistograms) {
  MetricConfig summary = Gauge("capacity", "capacity");
  summary.aggregate = Aggregate::kSum;
  summary.rows.emplace();
  summary.rows->pointer = "/summary";
  summary.rows->is = RowsAre::kRow;
  MetricConfig cooking = Gauge("cooking", "count");
  cooking.type = MetricType::kHistogram;
  cooking.histogram.emplace();
  cooking.histogram->le = "le";
  const Mapped mapped = MapPages(AnyShape({summary, cooking}, AtRows()),
                                 {R"({"rows":[{"le":1,"count":2}],"summary":{"capacity":5}})",
                                  R"({"summary":{"capacity":7},"rows":[{"le":"+Inf","count":1}]})"});
  EXPECT_NE(mapped.lines.find("capacity 12\n"), std::string::npos) << mapped.lines;
  EXPECT_NE(mapped.lines.find("cooking_bucket{le=\"1.0\"} 2\ncooking_bucket{le=\"+Inf\"} 3\n"),
            std::string::npos)
      << mapped.lines;
}

TEST(AnswerPagesTest, CountOfNothingOnAnyPageIs0) {
  for (const bool of_document : {false, true}) {
    std::vector<LabelFrom> labels;
    if (of_document) labels.push_back({"region", "$/region"});
    const auto config = AnyShape({Aggregated(Aggregate::kCount, labels)}, AtRows());
    const std::string series = of_document ? "n{region=\"r\"} " : "n ";
    const std::string none = R"({"rows":[],"region":"r"})", one = R"({"rows":[{"n":1}],"region":"r"})";
    EXPECT_EQ(MapPages(config, {none, none}).lines, series + "0\n");
    EXPECT_EQ(MapPages(config, {none, one, none}).lines, series + "1\n");
  }
}

// Else the second of them would be half of an answer.
TEST(AnswerPagesTest, EachPageIsHeldAgainstTheSameRules) {
  const auto config = AnyShape({Gauge("n", "n", {{"shop", "shop"}})}, AtRows());
  const std::string good = R"({"rows":[{"shop":"a","n":1}]})";
  EXPECT_EQ(MapPages(config, {good, R"({"error":"busy"})"}).lines,
            "bad_shape: there is no `rows` in the answer, there is `error`");
  EXPECT_EQ(
      MapPages(config, {good, R"({"rows":[{"shop":"b","n":1}]})" + std::string("x")}).lines.substr(0, 9),
      "bad_json:");
  EXPECT_EQ(MapPages(config, {good, R"({"rows":[{"shop":"b","n":1})"}).lines.substr(0, 9), "bad_json:");
  EXPECT_EQ(MapPages(config, {good, ""}).lines.substr(0, 9), "bad_json:");
  EXPECT_EQ(MapPages(config, {good, R"({"rows":[1,2]})"}).lines.substr(0, 10), "bad_shape:");
  // Of a key that comes twice the last value counts; of a later page it cannot, since nothing is taken back.
  EXPECT_EQ(
      MapPages(config, {R"({"rows":[{"shop":"b","n":1}],"rows":[{"shop":"a","n":2}]})", R"({"rows":[]})"})
          .lines,
      "n{shop=\"a\"} 2\n");
  EXPECT_EQ(
      MapPages(config, {good, R"({"rows":[],"rows":[{"shop":"b","n":2}]})"}).lines,
      "bad_shape: the key `rows` appears twice on the way to the rows, in the answer: of one page of several "
      "the upstream has to send each once");
}

TEST(AnswerPagesTest, AColumnThatSomePageHasIsNotMissing) {
  const auto config = AnyShape({Gauge("n", "n", {{"shop", "shop"}})}, AtRows());
  const std::string nameless = R"({"rows":[{"shop":"a"}]})";
  EXPECT_EQ(MapPages(config, {nameless, R"({"rows":[{"shop":"b","n":1}]})"}).lines, "n{shop=\"b\"} 1\n");
  EXPECT_EQ(MapPages(config, {nameless, nameless}).lines.substr(0, 10), "bad_shape:");
}

TEST(AnswerPagesTest, CeilingsAreOfAllPagesTogether) {
  for (const bool of_document : {false, true}) {
    auto config = AnyShape({Gauge("n", "n", {{"shop", "shop"}})}, AtRows());
    if (of_document) config.metrics[0].labels.push_back({"region", "$/region"});
    config.metrics[0].on_duplicate = DuplicatePolicy::kLast;
    const std::string ab = R"({"rows":[{"shop":"a","n":1},{"shop":"b","n":1}]})";
    const std::string bc = R"({"rows":[{"shop":"b","n":2},{"shop":"c","n":1}]})";
    config.ceilings.max_series = 3;
    EXPECT_EQ(MapPages(config, {ab, bc, bc}).report.series, 3u)
        << "the same label set is one series on every page";
    config.ceilings.max_series = 2;
    EXPECT_EQ(MapPages(config, {ab, bc}).lines.substr(0, 10), "too_large:");
    config.ceilings.max_series = 3;
    config.ceilings.max_rows = 3;
    EXPECT_EQ(MapPages(config, {ab, bc}).lines.substr(0, 10), "too_large:");
    config.ceilings.max_rows = 4;
    // Of three series a shop, what ends it, and a number; an empty region and its end.
    config.ceilings.max_published_bytes = of_document ? 12 : 9;
    EXPECT_EQ(MapPages(config, {ab, bc}).report.series, 3u);
    --config.ceilings.max_published_bytes;
    EXPECT_EQ(MapPages(config, {ab, bc}).lines.substr(0, 10), "too_large:");
  }
}

TEST(AnswerPagesTest, LinesAndMembers) {
  auto lines = AnyShape({Aggregated(Aggregate::kSum, {})});
  lines.rows.lines = true;
  EXPECT_EQ(MapPages(lines, {"{\"n\":1}\n{\"n\":2}\n", "{\"n\":4}", ""}).lines, "n 7\n");
  // A key is one of its object; on another page it is another row, which on_duplicate has a say about.
  EXPECT_EQ(
      MapPages(AnyShape({Gauge("n", "$value", {{"k", "$key"}})}), {R"({"a":1,"b":2})", R"({"b":3,"c":4})"})
          .lines,
      "n{k=\"a\"} 1\nn{k=\"c\"} 4\n");
}

// ---- what names the next page

struct NamedNext {
  const char* name;
  const char* page;
  bool present;
  JsonType type;
  const char* text;
};

class NextPageTest : public ::testing::TestWithParam<NamedNext> {};

TEST_P(NextPageTest, IsPickedUpAnywhere) {
  const NamedNext& named = GetParam();
  const std::string page = named.page;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5}, page.size()}) {
    AnswerMapper mapper(AnyShape({Gauge("n", "n", {{"region", "$/region"}})}, AtRows()), {}, "/meta/next");
    for (std::size_t at = 0; at < page.size(); at += bytes) ASSERT_TRUE(mapper.Feed(page.substr(at, bytes)));
    ASSERT_TRUE(mapper.EndPage());
    EXPECT_EQ(mapper.NextPage().present, named.present);
    EXPECT_EQ(mapper.NextPage().type, named.type);
    EXPECT_EQ(mapper.NextPage().text, named.text);
    mapper.BeginPage();
    ASSERT_TRUE(mapper.Feed(R"({"rows":[]})"));
    ASSERT_TRUE(mapper.EndPage());
    EXPECT_FALSE(mapper.NextPage().present) << "that of the page before";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Places, NextPageTest,
    ::testing::Values(NamedNext{"before", R"({"meta":{"next":"/a?b=1"},"rows":[{"n":1}],"region":"r"})", true,
                                JsonType::kString, "/a?b=1"},
                      NamedNext{"behind", R"({"rows":[{"n":1}],"meta":{"next":"/a?b=1"}})", true,
                                JsonType::kString, "/a?b=1"},
                      NamedNext{"number", R"({"rows":[],"meta":{"next":17}})", true, JsonType::kNumber, "17"},
                      NamedNext{"absent", R"({"rows":[],"meta":{}})", false, JsonType::kNull, ""},
                      NamedNext{"null_around", R"({"rows":[],"meta":null})", false, JsonType::kNull, ""}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace o2o

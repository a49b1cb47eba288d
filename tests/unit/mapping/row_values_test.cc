// SPDX-License-Identifier: Apache-2.0
// How one value of a row becomes a number or a label, and which rows count.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "mapping/row_mapper.h"
#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

using Texts = std::vector<std::string>;

MetricConfig Stock() { return Gauge("stock", "n", {{"vendor", "v"}}); }

MetricConfig Count() {
  MetricConfig metric = Gauge("rows", "");
  metric.aggregate = Aggregate::kCount;
  return metric;
}

MappingConfig List(std::vector<MetricConfig> metrics) {
  MappingConfig config;
  config.metrics = std::move(metrics);
  return config;
}

// The lines of a mapping that takes place at a time.
std::string LinesAt(std::string_view now, const MappingConfig& config, std::string_view body) {
  MappingOptions options;
  options.now = ParseTime(now, TimeZone());
  RowMapper mapper(config, options);
  EXPECT_TRUE(mapper.Feed(body));
  Result<Mapping> mapping = mapper.Finish();
  if (!mapping) return mapping.error().message;
  std::string lines;
  for (Family& family : mapping->families) lines += Render(std::move(family))->samples;
  return lines;
}

// How many of the rows `{"c": ...}` pass.
std::string Passing(const RowFilter& filter, std::string_view rows) {
  MetricConfig metric = Count();
  metric.where = {filter};
  metric.where[0].column = "c";
  return MapWhole(AnyShape({metric}), rows).lines;
}

RowFilter In(Texts texts) { return {"", std::move(texts)}; }

// ---- aggregates of nothing

TEST(RowValuesTest, ACountOrSumOfNothingIsZeroWhereTheSeriesIsKnown) {
  MetricConfig count = Count(), sum = Gauge("total", "n");
  count.static_labels = {{"shop", "north"}};
  count.where = {{"state", {"stuck"}}};
  sum.aggregate = Aggregate::kSum;
  const MappingConfig config = List({count, sum});
  EXPECT_EQ(MapWhole(config, R"([{"state":"stuck","n":2},{"state":"fine","n":3}])").lines,
            "rows{shop=\"north\"} 1\ntotal 5\n");
  EXPECT_EQ(MapWhole(config, R"([{"state":"fine","n":3}])").lines, "rows{shop=\"north\"} 0\ntotal 3\n");
  const Mapped none = MapWhole(config, "[]");
  EXPECT_EQ(none.lines, "rows{shop=\"north\"} 0\ntotal 0\n");
}

TEST(RowValuesTest, NotWhereRowsWouldNameTheSeries) {
  MetricConfig count = Count();
  count.labels = {{"vendor", "v"}};
  EXPECT_EQ(MapWhole(List({count}), "[]").lines, "");
  for (const Aggregate aggregate : {Aggregate::kNone, Aggregate::kMin, Aggregate::kMax, Aggregate::kAvg}) {
    MetricConfig metric = Gauge("n", "n");
    metric.aggregate = aggregate;
    EXPECT_EQ(MapWhole(List({metric}), "[]").lines, "") << "of nothing there is none";
  }
}

// 0 would say that nothing is wrong.
TEST(RowValuesTest, NotWhereSomethingKeptRowsFromBeingCounted) {
  MetricConfig count = Count(), sum = Gauge("total", "n");
  count.where = {{"state", {"stuck"}}};
  sum.aggregate = Aggregate::kSum;
  EXPECT_EQ(MapWhole(AnyShape({count}), R"([{"status":"stuck"}])").lines, "") << "the column was renamed";
  EXPECT_EQ(MapWhole(List({sum}), R"([{"n":"many"}])").lines, "");
  EXPECT_EQ(MapWhole(List({sum}), R"([{"n":null}])").lines, "");
  sum.skip_null = true;
  EXPECT_EQ(MapWhole(List({sum}), R"([{"n":null}])").lines, "total 0\n") << "null is normal here";
  const std::string deep = std::string(2'000, '[') + std::string(2'000, ']');
  EXPECT_EQ(MapWhole(List({sum}), R"([{"n":1,"x":)" + deep + "}]").lines, "");
}

// ---- null

TEST(RowValuesTest, AMissingValueMayBeNormal) {
  MetricConfig metric = Stock();
  metric.skip_null = true;
  const Mapped mapped = MapWhole(
      List({metric}),
      R"([{"v":"A","n":4.5},{"v":"B","n":null},{"v":"C"},{"v":"D","n":" "},{"v":"E","n":NaN},{"v":"F","n":"x"}])");
  EXPECT_EQ(mapped.lines, "stock{vendor=\"A\"} 4.5\n");
  EXPECT_EQ(mapped.report.skipped, 4u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 0u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u) << "what is there and wrong still counts";
}

TEST(RowValuesTest, AColumnWhoseValueMayBeMissingMayBeMissingItself) {
  MetricConfig metric = Stock();
  metric.skip_null = true;
  const Mapped mapped = MapWhole(List({metric}), R"([{"v":"A"}])");
  EXPECT_EQ(mapped.lines, "");
  EXPECT_EQ(mapped.report.notes, (Texts{"column `n` not in the answer, there is `v`; it counts as empty"}));
}

// ---- values

TEST(RowValuesTest, AStarIsEveryOtherWord) {
  MetricConfig metric = Stock();
  metric.value_map = {{"ok", "1"}};
  metric.rest_value = "0";
  const Mapped mapped = MapWhole(
      List({metric}),
      R"([{"v":"A","n":" OK "},{"v":"B","n":"degraded"},{"v":"C","n":7},{"v":"D","n":null},{"v":"E","n":[1]},{"v":"F","n":false}])");
  EXPECT_EQ(mapped.lines,
            "stock{vendor=\"A\"} 1\nstock{vendor=\"B\"} 0\nstock{vendor=\"C\"} 0\nstock{vendor=\"F\"} 0\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 1u) << "null is not a word";
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
}

TEST(RowValuesTest, AWordOutsideValuesIsCalledThat) {
  MetricConfig metric = Stock();
  metric.value_map = {{"online", "1"}, {"offline", "0"}};
  const Mapped mapped = MapWhole(List({metric}), R"([{"v":"A","n":"paused"}])");
  EXPECT_EQ(mapped.report.rejected_rows.at(0).message,
            "stock: column `n`: 'paused' is not one of `values` (offline, online), give it a number there, "
            "or \"*\" "
            "for the rest");
}

TEST(RowValuesTest, WordsMayBeNumbers) {
  MetricConfig metric = Stock();
  metric.value_map = {{"1", "10"}, {"2.0", "20"}};
  EXPECT_EQ(
      MapWhole(List({metric}), R"([{"v":"A","n":1.0},{"v":"B","n":2},{"v":"C","n":"2"},{"v":"D","n":1e0}])")
          .lines,
      "stock{vendor=\"A\"} 10\nstock{vendor=\"B\"} 20\nstock{vendor=\"C\"} 2\nstock{vendor=\"D\"} 10\n")
      << "those of JSON; texts are texts";
}

// ---- labels

TEST(RowValuesTest, LabelsHaveNoBlanksAroundThem) {
  const Mapped mapped = MapWhole(AnyShape({Gauge("n", "n", {{"k", "$key"}, {"v", "v"}})}),
                                 "{\" A \":{\"v\":\"\\tx y\\n\",\"n\":1}}");
  EXPECT_EQ(mapped.lines, "n{k=\"A\",v=\"x y\"} 1\n");
}

// ---- scale

TEST(RowValuesTest, ScaleMultipliesExactly) {
  const auto scaled = [](std::string scale, std::string_view number) {
    MetricConfig metric = Gauge("n", "n");
    metric.scale = std::move(scale);
    return MapWhole(List({metric}), "[{\"n\":" + std::string(number) + "}]").lines;
  };
  EXPECT_EQ(scaled("0.01", "1999"), "n 19.99\n");
  EXPECT_EQ(scaled("0.01", "1900"), "n 19\n");
  EXPECT_EQ(scaled("0.001", "\"1,234.5\""), "n 1.2345\n");
  EXPECT_EQ(scaled("1e-3", "123456789012345678"), "n 123456789012345.678\n")
      << "more digits than a double has";
  EXPECT_EQ(scaled("1024", "3"), "n 3072\n");
  EXPECT_EQ(scaled("-1", "5"), "n -5\n");
  EXPECT_EQ(scaled("10", "1e308"), "") << "what no sample can hold is a bad value";
}

TEST(RowValuesTest, WhatTheUserWritesAsNumberIsNotScaled) {
  MetricConfig metric = Stock();
  metric.scale = "0.01";
  metric.value_map = {{"none", "5"}};
  metric.null_value = "7";
  EXPECT_EQ(MapWhole(List({metric}), R"([{"v":"A","n":100},{"v":"B","n":"none"},{"v":"C","n":null}])").lines,
            "stock{vendor=\"A\"} 1\nstock{vendor=\"B\"} 5\nstock{vendor=\"C\"} 7\n");
}

// ---- decimal marks and zones

TEST(RowValuesTest, NumbersThatReadBothWaysAreNoted) {
  MetricConfig point = Stock(), comma = Stock();
  comma.decimal = DecimalMark::kComma;
  const auto notes = [](const MetricConfig& metric, std::string_view body) {
    Texts notes = MapWhole(List({metric}), body).report.notes;
    std::erase(notes, "stock: the values of column `n` came as text");
    return notes;
  };
  constexpr std::string_view kBoth = R"([{"v":"A","n":"1.234"},{"v":"B","n":"12"},{"v":"C","n":"7,500"}])";
  EXPECT_EQ(
      notes(point, kBoth),
      (Texts{"stock: each text of column `n` with a point or comma would be another number with `decimal: "
             "\",\"`, a point is taken as the decimal mark"}));
  EXPECT_EQ(
      notes(comma, kBoth),
      (Texts{"stock: each text of column `n` with a point or comma would be another number with `decimal: "
             "\".\"`, a comma is taken as the decimal mark"}));
  EXPECT_EQ(MapWhole(List({comma}), kBoth).lines,
            "stock{vendor=\"A\"} 1234\nstock{vendor=\"B\"} 12\nstock{vendor=\"C\"} 7.500\n");
  EXPECT_EQ(notes(point, R"([{"v":"A","n":"1.234"},{"v":"B","n":"1.5"}])"), Texts()) << "1.5 leaves no doubt";
  EXPECT_EQ(notes(point, R"([{"v":"A","n":"12"},{"v":"B","n":1.234}])"), Texts());
}

TEST(RowValuesTest, TimesAreOfTheConfiguredZone) {
  MetricConfig metric = Stock();
  metric.unit = ValueUnit::kTime;
  constexpr std::string_view kRow = R"([{"v":"A","n":"2026-11-20T10:00:00"}])";
  Mapped mapped = MapWhole(List({metric}), kRow);
  EXPECT_EQ(mapped.lines, "stock{vendor=\"A\"} 1795168800\n");
  EXPECT_EQ(
      mapped.report.notes,
      (Texts{"stock: the times of column `n` came without a zone, taken as those of UTC (`timezone`)"}));
  metric.timezone = TimeZone::Find("Asia/Ho_Chi_Minh").value();
  mapped = MapWhole(List({metric}), kRow);
  EXPECT_EQ(mapped.lines, "stock{vendor=\"A\"} 1795143600\n");
  EXPECT_EQ(mapped.report.notes,
            (Texts{"stock: the times of column `n` came without a zone, taken as those of "
                   "Asia/Ho_Chi_Minh (`timezone`)"}));
  EXPECT_EQ(MapWhole(List({metric}), R"([{"v":"A","n":"2026-11-20T10:00:00Z"}])").report.notes, Texts());
}

TEST(RowValuesTest, OfATimeThatHappensTwiceTheLaterOneThatHasCome) {
  MetricConfig metric = Stock();
  metric.unit = ValueUnit::kTime;
  metric.timezone = TimeZone::Find("Europe/Berlin").value();
  constexpr std::string_view kRow = R"([{"v":"A","n":"2026-10-25 02:30:00"}])";
  EXPECT_EQ(LinesAt("2026-10-25T00:45:00Z", List({metric}), kRow), "stock{vendor=\"A\"} 1792888200\n");
  EXPECT_EQ(LinesAt("2026-10-25T01:45:00Z", List({metric}), kRow), "stock{vendor=\"A\"} 1792891800\n");
}

TEST(RowValuesTest, BadTimesAreNamed) {
  MetricConfig metric = Stock();
  metric.unit = ValueUnit::kTime;
  const Mapped mapped = MapWhole(List({metric}), R"([{"v":"A","n":"20/11/2026"}])");
  EXPECT_EQ(
      mapped.report.rejected_rows.at(0).message,
      "stock: column `n`: '20/11/2026' has day, month and year in an order that differs from country to "
      "country, expected one like 2026-11-20T10:00:00+07:00");
}

// ---- where

TEST(RowValuesTest, WhereComparesNumbersAsNumbers) {
  constexpr std::string_view kRows =
      R"([{"c":2},{"c":2.0},{"c":20e-1},{"c":"2"},{"c":"2.0"},{"c":3},{"c":NaN},{"c":null}])";
  EXPECT_EQ(Passing(In({"2"}), kRows), "rows 4\n") << "a text of 2.0 may be a version";
  EXPECT_EQ(Passing(In({"2.00"}), kRows), "rows 3\n");
}

TEST(RowValuesTest, WhereIgnoresCaseAndBlanksAround) {
  constexpr std::string_view kRows =
      R"([{"c":"Stuck"},{"c":" stuck\t"},{"c":"STUCK"},{"c":"stu ck"},{"c":" "},{"c":null},{}])";
  EXPECT_EQ(Passing(In({" sTuck"}), kRows), "rows 3\n");
  EXPECT_EQ(Passing(In({""}), kRows), "rows 3\n");
}

TEST(RowValuesTest, WhereNot) {
  constexpr std::string_view kRows = R"([{"c":"a"},{"c":"B"},{"c":"c"},{"c":null},{},{"c":[1]},{"c":2.0}])";
  RowFilter filter;
  filter.not_in = {"A", "b", "2"};
  EXPECT_EQ(Passing(filter, kRows), "rows 4\n");
  filter.not_in = {""};
  EXPECT_EQ(Passing(filter, kRows), "rows 5\n") << "what is there";
}

TEST(RowValuesTest, WhereGreaterAndLess) {
  constexpr std::string_view kRows =
      R"([{"c":1},{"c":2},{"c":2.5},{"c":"3"},{"c":"1,000"},{"c":"x"},{"c":null},{"c":{}},{"c":-1}])";
  RowFilter filter;
  filter.gt = "2";
  EXPECT_EQ(Passing(filter, kRows), "rows 3\n");
  filter.lt = "3";
  EXPECT_EQ(Passing(filter, kRows), "rows 1\n");
  filter = {};
  filter.ge = "2";
  filter.le = "3";
  EXPECT_EQ(Passing(filter, kRows), "rows 3\n");
  filter = {};
  filter.lt = "0";
  EXPECT_EQ(Passing(filter, kRows), "rows 1\n");
}

TEST(RowValuesTest, WhereRegex) {
  RowFilter filter;
  filter.regex = "V[0-9]+|";
  EXPECT_EQ(Passing(filter, R"([{"c":"V1"},{"c":" V22 "},{"c":"xV1"},{"c":"v1"},{"c":null},{"c":[]}])"),
            "rows 3\n");
  EXPECT_EQ(Passing(filter, "[{\"c\":\"V" + std::string(2'000, '1') + "\"}]"), "rows 0\n")
      << "more is not kept of a value";
}

TEST(RowValuesTest, TodayIsTheDayOfTheZone) {
  MetricConfig metric = Stock();
  metric.timezone = TimeZone::Find("Asia/Ho_Chi_Minh").value();
  metric.where = {In({"today"})};
  metric.where[0].column = "Day";
  constexpr std::string_view kRows =
      R"([{"v":"A","n":1,"Day":"2026-11-20"},{"v":"B","n":1,"Day":"2026-11-21T00:00:00+07:00"},{"v":"C","n":1,"Day":"2026-11-21T16:59:59Z"},
          {"v":"D","n":1,"Day":"2026-11-22"},{"v":"E","n":1,"Day":"Today"},{"v":"F","n":1,"Day":20261121},{"v":"G","n":1,"Day":"x"}])";
  // It is 20 November in London, and the 21st in Ho Chi Minh City.
  EXPECT_EQ(LinesAt("2026-11-20T18:00:00Z", List({metric}), kRows),
            "stock{vendor=\"B\"} 1\nstock{vendor=\"C\"} 1\nstock{vendor=\"E\"} 1\nstock{vendor=\"F\"} 1\n");
}

TEST(RowValuesTest, WhereThatLeavesOutAllIsReported) {
  MetricConfig stuck = Count(), all = Count();
  stuck.name = "stuck";
  stuck.where = {In({"stuck"})};
  stuck.where[0].column = "c";
  EXPECT_EQ(MapWhole(List({stuck, all}), R"([{"c":"fine"}])").report.filtered_metrics, Texts{"stuck"});
  EXPECT_EQ(MapWhole(List({stuck, all}), R"([{"c":"stuck"}])").report.filtered_metrics, Texts());
  EXPECT_EQ(MapWhole(List({stuck, all}), "[]").report.filtered_metrics, Texts()) << "there was nothing";
}

// ---- the newest row

TEST(RowValuesTest, TheNewestRowOfEachLabelSetIsPicked) {
  MetricConfig metric = Stock();
  metric.newest_column = "Day";
  const Mapped mapped = MapWhole(List({metric}), R"([
      {"v":"A","n":1,"Day":"2026-11-19"},{"v":"A","n":3000,"Day":"2026-11-21"},{"v":"A","n":2,"Day":"2026-11-20"},
      {"v":"B","n":5,"Day":"2026-11-18"},{"v":"C","n":6,"Day":null},{"v":"C","n":7,"Day":"20/11/2026"}])");
  EXPECT_EQ(mapped.lines, "stock{vendor=\"A\"} 3000\nstock{vendor=\"B\"} 5\n");
  EXPECT_EQ(RepairedAs(mapped.report, RowRepair::kDuplicateLabels), 0u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 1u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
}

// Else yesterday's number would pass for today's.
TEST(RowValuesTest, TheNewestRowMayHaveNoValue) {
  MetricConfig metric = Stock();
  metric.newest_column = "Day";
  constexpr std::string_view kRows = R"([
      {"v":"A","n":1,"Day":"2026-11-20"},{"v":"A","n":null,"Day":"2026-11-21"},
      {"v":"B","n":"many","Day":"2026-11-21"},{"v":"B","n":2,"Day":"2026-11-20"},
      {"v":"C","n":3,"Day":"2026-11-22"},{"v":"C","Day":"2026-11-21"},
      {"v":"D","n":null,"Day":"2026-11-21"},{"v":"D","n":4,"Day":"2026-11-22"}])";
  const Mapped mapped = MapWhole(List({metric}), kRows);
  EXPECT_EQ(mapped.lines, "stock{vendor=\"C\"} 3\nstock{vendor=\"D\"} 4\n");
  EXPECT_EQ(mapped.report.series, 2u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 3u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kDuplicate), 0u);

  metric.skip_null = true;
  EXPECT_EQ(MapWhole(List({metric}), kRows).lines,
            "stock{vendor=\"A\"} 1\nstock{vendor=\"C\"} 3\nstock{vendor=\"D\"} 4\n")
      << "null is normal here, a text other than a number is not";

  MetricConfig counter = Stock();
  counter.name = "sold_total";
  counter.type = MetricType::kCounter;
  counter.newest_column = "Day";
  EXPECT_EQ(
      MapWhole(List({counter}), R"([{"v":"A","n":1,"Day":"2026-11-20"},{"v":"A","n":-1,"Day":"2026-11-21"}])")
          .lines,
      "");
}

TEST(RowValuesTest, OfEquallyNewRowsThoseWithAValueCount) {
  MetricConfig metric = Stock();
  metric.newest_column = "Day";
  const auto lines = [&](DuplicatePolicy policy, std::string_view body) {
    metric.on_duplicate = policy;
    return MapWhole(List({metric}), body).lines;
  };
  for (const auto policy : {DuplicatePolicy::kError, DuplicatePolicy::kFirst, DuplicatePolicy::kLast,
                            DuplicatePolicy::kSum, DuplicatePolicy::kMax}) {
    EXPECT_EQ(lines(policy, R"([{"v":"A","Day":"2026-11-21"},{"v":"A","n":4,"Day":"2026-11-21"},
                                {"v":"A","n":null,"Day":"2026-11-21"}])"),
              "stock{vendor=\"A\"} 4\n");
  }
  constexpr std::string_view kSumsOfDays = R"([
      {"v":"A","n":1,"Day":"2026-11-20"},{"v":"A","n":2,"Day":"2026-11-20"},{"v":"A","n":5,"Day":"2026-11-21"},
      {"v":"B","n":1,"Day":"2026-11-20"},{"v":"B","n":2,"Day":"2026-11-20"},{"v":"B","n":3,"Day":"2026-11-19"}])";
  EXPECT_EQ(lines(DuplicatePolicy::kSum, kSumsOfDays), "stock{vendor=\"A\"} 5\nstock{vendor=\"B\"} 3\n")
      << "what older rows added up to is forgotten";
  EXPECT_EQ(lines(DuplicatePolicy::kError, kSumsOfDays), "stock{vendor=\"A\"} 5\n");
}

TEST(RowValuesTest, TwoNewestRowsAreDuplicates) {
  MetricConfig metric = Stock();
  metric.newest_column = "Day";
  constexpr std::string_view kTwo =
      R"([{"v":"A","n":1,"Day":"2026-11-19"},{"v":"A","n":2,"Day":"2026-11-19T00:00:00Z"}])";
  EXPECT_EQ(MapWhole(List({metric}), kTwo).lines, "");
  metric.on_duplicate = DuplicatePolicy::kLast;
  EXPECT_EQ(MapWhole(List({metric}), kTwo).lines, "stock{vendor=\"A\"} 2\n");
  metric.on_duplicate = DuplicatePolicy::kError;
  EXPECT_EQ(
      MapWhole(List({metric}), R"([{"v":"A","n":1,"Day":"2026-11-19"},{"v":"A","n":2,"Day":"2026-11-19"},
                                         {"v":"A","n":3,"Day":"2026-11-20"}])")
          .lines,
      "stock{vendor=\"A\"} 3\n")
      << "a newer one settles it";
  metric.on_duplicate = DuplicatePolicy::kSum;
  EXPECT_EQ(
      MapWhole(List({metric}), R"([{"v":"A","n":1,"Day":"2026-11-19"},{"v":"A","n":2,"Day":"2026-11-19"},
                                         {"v":"A","n":3,"Day":"2026-11-20"},{"v":"A","n":4,"Day":"2026-11-20"}])")
          .lines,
      "stock{vendor=\"A\"} 7\n")
      << "what was summed up of an older day is out of date with it";
}

// ---- answers

TEST(RowValuesTest, AnAnswerWithoutAnyObjectAmongItsRowsIsRefused) {
  const std::string failure = MapWhole(List({Stock()}), R"([1,2,"x"])").lines;
  EXPECT_TRUE(failure.starts_with("bad_shape: ")) << failure;
  EXPECT_EQ(MapWhole(List({Stock()}), R"([1,{"v":"A","n":1}])").lines, "stock{vendor=\"A\"} 1\n");
}

TEST(RowValuesTest, WhatIsPublishedHasACeiling) {
  MappingConfig config = List({Stock()});
  config.ceilings.max_published_bytes = 100;
  const auto rows = [](int count) {
    std::string body = "[";
    for (int i = 0; i < count; ++i)
      body += std::string(i == 0 ? "" : ",") + R"({"v":"vendor-)" + std::to_string(i) + R"(","n":1})";
    return body + "]";
  };
  // "vendor-0", what ends it, and "1" are 10 bytes.
  EXPECT_EQ(MapWhole(config, rows(10)).report.series, 10u);
  EXPECT_EQ(MapWhole(config, rows(11)).lines,
            "too_large: more than 100 bytes of labels and values: let the upstream answer with fewer or "
            "shorter ones, "
            "or raise max_published");
}

TEST(RowValuesTest, TheCeilingIsOfAllPlacesAndOfLabelsFromElsewhere) {
  MetricConfig here = Gauge("here", "n", {{"v", "v"}}), there = Gauge("there", "n", {{"v", "v"}});
  RowsConfig rows;
  rows.pointer = "/a";
  there.rows.emplace().shape = RowShape::kAny;
  there.rows->pointer = "/b";
  MappingConfig config = AnyShape({here, there}, rows);
  config.ceilings.max_published_bytes = 20;
  constexpr std::string_view kTooMuch = "too_large: more than 20 bytes of labels and values";
  const auto body = [](std::string_view label) {
    const std::string list = R"([{"v":")" + std::string(label) + R"(","n":1}])";
    return R"({"a":)" + list + R"(,"b":)" + list + R"(,"region":" north sea "})";
  };
  EXPECT_EQ(MapWhole(config, body("12345678")).report.series, 2u);
  EXPECT_EQ(MapWhole(config, body("123456789")).lines.substr(0, kTooMuch.size()), kTooMuch);
  config.metrics[0].labels.push_back({"region", "$/region"});
  config.ceilings.max_published_bytes = 100;
  EXPECT_EQ(MapWhole(config, body("12345678")).lines,
            "here{v=\"12345678\",region=\"north sea\"} 1\nthere{v=\"12345678\"} 1\n")
      << "without blanks around it";
  config.ceilings.max_published_bytes = 25;
  EXPECT_EQ(MapWhole(config, body("12345678")).lines.substr(0, 9), "too_large");
}

}  // namespace
}  // namespace o2o

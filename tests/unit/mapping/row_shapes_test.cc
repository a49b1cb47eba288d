// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/mapping/mapped.h"

// How the structure of an answer becomes rows and columns.
namespace o2o {
namespace {

using Texts = std::vector<std::string>;

RowsConfig Is(RowsAre is, std::string pointer = "") {
  RowsConfig rows;
  rows.is = is;
  rows.pointer = std::move(pointer);
  return rows;
}

// ---- columns by JSON Pointer

TEST(PointerColumnTest, ReachesIntoObjectsAndArrays) {
  const auto config = AnyShape({Gauge("total", "/grandTotal/amount", {{"id", "id"}, {"tag", "/tags/1"}}),
                                Gauge("tax", "/grandTotal/tax/0/value", {{"id", "id"}})});
  const Mapped mapped = MapWhole(config, R"([
    {"id":"A","grandTotal":{"currency":{"amount":9},"amount":12.50,"tax":[{"value":1},{"value":2}]},"tags":["x","y"]},
    {"tags":["z"],"grandTotal":{"tax":[{"value":3}],"amount":7},"id":"B"}])");
  EXPECT_EQ(mapped.lines,
            "total{id=\"A\",tag=\"y\"} 12.50\ntotal{id=\"B\",tag=\"\"} 7\n"
            "tax{id=\"A\"} 1\ntax{id=\"B\"} 3\n");
  EXPECT_EQ(mapped.report.notes, Texts{});
  EXPECT_EQ(mapped.report.sample_rows.at(1),
            R"({"tags":["z"],"grandTotal":{"tax":[{"value":3}],"amount":7},"id":"B"})");
}

TEST(PointerColumnTest, EscapesAndNamesThatMeanSomethingElse) {
  const auto config = AnyShape({Gauge("n", "/a~1b/~0", {{"key", "/$key"}, {"up", "/..~1x"}})});
  EXPECT_EQ(MapWhole(config, R"([{"$key":"k","../x":"u","a/b":{"~":4}}])").lines,
            "n{key=\"k\",up=\"u\"} 4\n");
}

// The steps of a pointer are exact, as RFC 6901 has them.
TEST(PointerColumnTest, MatchesExactly) {
  const auto config = AnyShape({Gauge("n", "/total/Amount")});
  EXPECT_EQ(MapWhole(config, R"([{"total":{"amount":1,"currency":"VND"}}])").lines,
            "bad_shape: column `/total/Amount` not in the answer, there is `/total/amount`");
  EXPECT_EQ(MapWhole(config, R"([{"Total":{"Amount":1}}])").lines,
            "bad_shape: column `/total/Amount` not in the answer, there is `/Total`");
}

TEST(PointerColumnTest, WhatIsNotThereIsMissingInThatRow) {
  const auto config = AnyShape({Gauge("n", "/total/amount", {{"id", "id"}})});
  const Mapped mapped = MapWhole(config, R"([{"id":1,"total":{"amount":5}},{"id":2,"total":null},{"id":3},
    {"id":4,"total":7},{"id":5,"total":{}},{"id":6,"total":{"amount":{"x":1}}},{"id":7,"total":[{"amount":1}]}])");
  EXPECT_EQ(mapped.lines, "n{id=\"1\"} 5\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 5u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
}

TEST(PointerColumnTest, NullAndEmptyArraysOnTheWayDoNotLookLikeRenamedColumns) {
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "/total/amount")}), R"([{"total":null}])").lines, "");
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "/prices/0/amount")}), R"([{"prices":[]}])").lines, "");
}

TEST(PointerColumnTest, OfEqualKeysTheLastWinsWithAllThatIsInIt) {
  const auto config = AnyShape({Gauge("n", "/total/amount", {{"unit", "/total/unit"}})});
  const Mapped replaced =
      MapWhole(config, R"([{"total":{"amount":1,"unit":"kg"},"total":{"amount":2,"amount":3}}])");
  EXPECT_EQ(replaced.lines, "n{unit=\"\"} 3\n");
  EXPECT_EQ(RepairedAs(replaced.report, RowRepair::kDuplicateKey), 2u);
  const Mapped gone = MapWhole(config, R"([{"total":{"amount":1,"unit":"kg"},"total":7}])");
  EXPECT_EQ(gone.lines, "") << "the object is not there any more";
  EXPECT_EQ(RejectedFor(gone.report, RowReason::kNoValue), 1u);
}

TEST(PointerColumnTest, OfRowsAroundAndOfAQuestion) {
  RowsConfig nested;
  nested.nested = {"items"};
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "/stock/left", {{"shop", "..//shop/name"}})}, nested),
                     R"([{"items":[{"stock":{"left":2}}],"shop":{"name":"s1"}}])")
                .lines,
            "n{shop=\"s1\"} 2\n");
  MappingConfig question = AnyShape({Gauge("n", "/point/x")});
  question.rows.shape = RowShape::kList;
  EXPECT_EQ(MapWhole(question, R"([{"point":{"x":3}}])").lines, "n 3\n");
}

TEST(PointerColumnTest, TooDeepCostsItsRow) {
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const Mapped mapped = MapWhole(AnyShape({Gauge("n", "/a/b", {{"id", "id"}})}),
                                 R"([{"id":1,"a":{"b":1,"c":)" + deep + R"(}},{"id":2,"a":{"b":2}}])");
  EXPECT_EQ(mapped.lines, "n{id=\"2\"} 2\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kTooDeep), 1u);
}

TEST(PointerColumnTest, NestedRowsMayLieFurtherIn) {
  RowsConfig nested;
  nested.nested = {"/data/items"};
  const auto config = AnyShape({Gauge("n", "left", {{"shop", "../shop"}, {"sku", "sku"}})}, nested);
  EXPECT_EQ(
      MapWhole(config, R"([{"data":{"at":1,"items":[{"sku":"a","left":1},{"sku":"b","left":2}]},"shop":"s"},
    {"shop":"t","data":null},{"shop":"u","data":{"items":null}}])")
          .lines,
      "n{shop=\"s\",sku=\"a\"} 1\nn{shop=\"s\",sku=\"b\"} 2\n");
  EXPECT_EQ(
      MapWhole(config, R"([{"shop":"s","data":{"items":[{"sku":"a","left":1}]},"data":{"items":[]}}])").lines,
      "")
      << "of equal keys the last";
  EXPECT_EQ(MapWhole(config, R"([{"shop":"s","data":{"item":[]}}])").lines,
            "bad_shape: column `/data/items` not in the answer, there is `/data/item`");
}

// ---- one row

TEST(RowsAreTest, OneObjectIsOneRow) {
  const auto config =
      AnyShape({Gauge("uptime", "uptime_s"), Gauge("waiting", "/queue/waiting", {{"up", "status"}})},
               Is(RowsAre::kRow));
  const Mapped mapped = MapWhole(config, R"({"uptime_s":12.5,"queue":{"waiting":3},"status":"ok"})");
  EXPECT_EQ(mapped.lines, "uptime 12.5\nwaiting{up=\"ok\"} 3\n");
  EXPECT_EQ(mapped.report.rows, 1u);
  EXPECT_EQ(mapped.report.sample_rows, Texts{R"({"uptime_s":12.5,"queue":{"waiting":3},"status":"ok"})"});
  EXPECT_EQ(MapWhole(config, R"({"error":"no"})").lines,
            "bad_shape: columns `uptime_s`, `/queue/waiting` not in the answer, there is `error`");
  EXPECT_EQ(MapWhole(config, "7").lines, "bad_shape: the answer is a number, expected an object or an array");
}

TEST(RowsAreTest, OneRowAtAPointer) {
  const auto config = AnyShape({Gauge("n", "n")}, Is(RowsAre::kRow, "/data/stats"));
  EXPECT_EQ(MapWhole(config, R"({"n":1,"data":{"n":2,"stats":{"n":3}}})").lines, "n 3\n");
  EXPECT_EQ(MapWhole(config, R"({"data":{"stats":{"n":3},"stats":{"n":4}}})").lines, "n 4\n")
      << "of equal keys the last";
  EXPECT_EQ(MapWhole(config, R"({"data":{"stats":null}})").lines,
            "bad_shape: `/data/stats` is null, expected an object or an array");
  EXPECT_EQ(MapWhole(config, R"({"data":{"stat":{}}})").lines,
            "bad_shape: there is no `stats` in `/data`, there is `stat`");
}

TEST(RowsAreTest, OneScalarIsOneRow) {
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "$value")}, Is(RowsAre::kRow)), "42").lines, "n 42\n");
  const auto config = AnyShape({Gauge("n", "$value")}, Is(RowsAre::kRow, "/a/0"));
  EXPECT_EQ(MapWhole(config, R"({"a":[7,8]})").lines, "n 7\n");
  const Mapped bad = MapWhole(config, R"({"a":["much"]})");
  EXPECT_EQ(bad.lines, "");
  EXPECT_EQ(RejectedFor(bad.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(bad.report.rejected_rows.at(0).row, "\"much\"");
}

TEST(RowsAreTest, OneArrayIsOneRowOfPlaces) {
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "/1/x")}, Is(RowsAre::kRow)), R"([{"x":1},{"x":2}])").lines,
            "n 2\n");
}

TEST(RowsAreTest, OneRowMayHoldRows) {
  RowsConfig rows = Is(RowsAre::kRow);
  rows.nested = {"items"};
  EXPECT_EQ(
      MapWhole(AnyShape({Gauge("n", "n", {{"shop", "../shop"}})}, rows), R"({"items":[{"n":1}],"shop":"s"})")
          .lines,
      "n{shop=\"s\"} 1\n");
}

// ---- arrays without objects

TEST(ElementsTest, ScalarsAreRowsWhereAMetricTakesThem) {
  const auto config = AnyShape({Gauge("n", "$value", {{"slot", "$index"}})});
  const Mapped mapped = MapWhole(config, R"([5, 7.5, "x", null, {"a":1}, [1], "9"])");
  EXPECT_EQ(mapped.lines, "n{slot=\"0\"} 5\nn{slot=\"1\"} 7.5\nn{slot=\"6\"} 9\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 2u) << "the word and the object";
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 1u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 1u) << "the array";
  EXPECT_EQ(mapped.report.sample_rows.at(0), R"({"$value":5})");
  EXPECT_EQ(MapWhole(config, "{}").lines, "bad_shape: the answer is an object, expected an array of values");
}

TEST(ElementsTest, AnArrayWithoutARowIsRefused) {
  EXPECT_EQ(
      MapWhole(AnyShape({Gauge("n", "stock")}), R"([1, 2, "x"])").lines,
      "bad_shape: the answer is an array of which no element is an object, expected an array or an object "
      "of rows (of values if a metric asks for `$value`)");
  MappingConfig question = AnyShape({Gauge("n", "stock")});
  question.rows.shape = RowShape::kList;
  EXPECT_EQ(MapWhole(question, "[1]").lines,
            "bad_shape: the answer is an array of which no element is an object, expected an array of rows");
}

TEST(ElementsTest, ArraysAreRowsWhoseColumnsArePlaces) {
  const auto config = AnyShape({Gauge("n", "/1", {{"at", "/0"}, {"no", "$index"}})});
  const Mapped mapped = MapWhole(config, R"([["10:00", 5], ["11:00", 7, "more"], 3, ["12:00"]])");
  EXPECT_EQ(mapped.lines, "n{at=\"10:00\",no=\"0\"} 5\nn{at=\"11:00\",no=\"1\"} 7\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 1u);
  EXPECT_EQ(mapped.report.sample_rows.at(1), R"({"0":"11:00","1":7,"2":"more"})");
  const auto inner = AnyShape({Gauge("n", "/1/x", {{"y", "/1/y/0"}})});
  EXPECT_EQ(MapWhole(inner, R"([[0,{"x":1,"y":[4]}]])").lines, "n{y=\"4\"} 1\n");
}

// ---- pairs

TEST(PairsTest, MembersOfElementsAreRows) {
  const auto config = AnyShape({Gauge("n", "$value", {{"region", "$key"}})}, Is(RowsAre::kPairs, "/data"));
  const Mapped mapped = MapWhole(config, R"({"data":[{"hn":12},{"sg":7,"dn":3},4,["x"],{},{"bad":"much"}]})");
  EXPECT_EQ(mapped.lines, "n{region=\"dn\"} 3\nn{region=\"hn\"} 12\nn{region=\"sg\"} 7\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 2u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(RepairedAs(mapped.report, RowRepair::kDuplicateKey), 0u);
  EXPECT_EQ(MapWhole(config, R"({"data":{"hn":12}})").lines,
            "bad_shape: `/data` is an object, expected an array of objects of rows");
}

TEST(PairsTest, OfObjectsWithTheirPlace) {
  const auto config =
      AnyShape({Gauge("n", "n", {{"region", "$key"}, {"place", "$index"}})}, Is(RowsAre::kPairs));
  EXPECT_EQ(MapWhole(config, R"([{"hn":{"n":12}},{"sg":{"n":7}}])").lines,
            "n{region=\"hn\",place=\"0\"} 12\nn{region=\"sg\",place=\"1\"} 7\n");
}

// ---- equal keys

// The last of two bad ones, or of two that are summed up, could not be told from the first: one rule for all.
TEST(EqualKeysTest, AmongRowsFailTheAnswer) {
  MetricConfig sum = Gauge("n", "$value", {{"l", "$key"}});
  sum.labels.clear();
  sum.aggregate = Aggregate::kSum;
  const std::string fault =
      "bad_shape: the key `a` appears twice among the rows in the answer, so which of them counts is open: "
      "the "
      "upstream has to send each once";
  for (const MetricConfig& metric : {Gauge("n", "$value", {{"l", "$key"}}), sum}) {
    for (const std::string_view body :
         {R"({"a":1,"b":2,"a":3})", R"({"a":1,"a":"bad"})", R"({"a":1,"a":null})"})
      EXPECT_EQ(MapWhole(AnyShape({metric}), body).lines, fault) << body;
  }
  EXPECT_EQ(MapWhole(AnyShape({Gauge("n", "n")}), R"({"a":{"n":1},"b":{"n":2},"a":{"n":3}})").lines, fault);
  RowsConfig nested;
  nested.pointer = "/shops";
  nested.nested = {"stock"};
  const auto inner = AnyShape({Gauge("n", "$value", {{"l", "$key"}, {"shop", "../$key"}})}, nested);
  EXPECT_EQ(
      MapWhole(inner, R"({"shops":{"s":{"stock":{"a":1,"a":2}}}})").lines,
      "bad_shape: the key `a` appears twice among the rows in `stock`, so which of them counts is open: the "
      "upstream has to send each once");
  EXPECT_EQ(
      MapWhole(inner, R"({"shops":{"a":{"stock":{}},"a":{"stock":{}}}})").lines,
      "bad_shape: the key `a` appears twice among the rows in `/shops`, so which of them counts is open: the "
      "upstream has to send each once");
  EXPECT_EQ(MapWhole(inner, R"({"shops":{"s":{"stock":{"a":1}},"t":{"stock":{"a":2}}}})").lines,
            "n{l=\"a\",shop=\"s\"} 1\nn{l=\"a\",shop=\"t\"} 2\n")
      << "each object has its own keys";
}

// ---- pivoted columns

MetricConfig ByHour() {
  MetricConfig metric = Gauge("n", "$value", {{"branch", "Branch"}, {"hour", "$column"}});
  metric.pivot = "[0-2][0-9]";
  return metric;
}

TEST(PivotTest, ColumnsThatMatchBecomeALabel) {
  for (const RowShape shape : {RowShape::kList, RowShape::kAny}) {
    auto config = AnyShape({ByHour()});
    config.rows.shape = shape;
    const Mapped mapped = MapWhole(
        config,
        R"([{"00":1,"Branch":"hn","01":2.5,"Total":9,"001":7},{"Branch":"sg","01":"x","23":3,"00":null}])");
    EXPECT_EQ(
        mapped.lines,
        "n{branch=\"hn\",hour=\"00\"} 1\nn{branch=\"hn\",hour=\"01\"} 2.5\nn{branch=\"sg\",hour=\"23\"} 3\n");
    EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
    EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNoValue), 1u);
    EXPECT_EQ(mapped.report.sample_rows.at(0), R"({"../Branch":"hn","$key":"00","$value":1})");
    EXPECT_EQ(MapWhole(config, R"([{"Branch":"hn","Total":9}])").lines,
              "bad_shape: column `[0-2][0-9]` not in the answer, there is `Branch`, `Total`");
    EXPECT_EQ(MapWhole(config, R"([{"00":1,"Total":9}])").lines,
              shape == RowShape::kAny
                  ? "n{branch=\"\",hour=\"00\"} 1\n"
                  : "bad_shape: column `Branch` not in the answer, there is `00`, `Total`");
  }
}

TEST(PivotTest, FiltersAggregatesAndOtherMetrics) {
  MetricConfig sum = ByHour();
  sum.labels.erase(sum.labels.begin());
  sum.where = {{"State", {"open"}}};
  sum.aggregate = Aggregate::kSum;
  const auto config = AnyShape({sum, Gauge("total", "Total", {{"branch", "Branch"}})});
  const Mapped mapped = MapWhole(config, R"([{"Branch":"a","00":1,"State":"open","Total":5},
    {"Branch":"b","00":2,"State":"open","Total":6},{"Branch":"c","00":4,"State":"shut","Total":7}])");
  EXPECT_EQ(mapped.lines,
            "n{hour=\"00\"} 3\ntotal{branch=\"a\"} 5\ntotal{branch=\"b\"} 6\ntotal{branch=\"c\"} 7\n");
}

TEST(PivotTest, OfEqualColumnsTheLastWins) {
  EXPECT_EQ(MapWhole(AnyShape({ByHour()}),
                     R"([{"00":1,"Branch":"a","01":2,"00":3},{"00":4,"Branch":"b","00":"bad"}])")
                .lines,
            "n{branch=\"a\",hour=\"00\"} 3\nn{branch=\"a\",hour=\"01\"} 2\n");
}

TEST(PivotTest, OtherValuesAreRejected) {
  const Mapped mapped = MapWhole(AnyShape({ByHour()}), R"([{"Branch":"a","00":{"x":1},"01":2}])");
  EXPECT_EQ(mapped.lines, "n{branch=\"a\",hour=\"01\"} 2\n");
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(mapped.report.rejected_rows.at(0).message, "`00` is an object, expected a value");
}

// ---- NDJSON

MappingConfig Lines(MetricConfig metric) {
  auto config = AnyShape({std::move(metric)});
  config.rows.lines = true;
  return config;
}

TEST(LinesTest, EachLineIsARow) {
  const auto config = Lines(Gauge("n", "/a/n", {{"line", "$index"}}));
  const std::string expected = "n{line=\"0\"} 1\nn{line=\"2\"} 3\n";
  for (const std::string_view body :
       {"{\"a\":{\"n\":1}}\n7\n{\"a\":{\"n\":3}}\n", "{\"a\":{\"n\":1}}\r\n7\r\n\r\n{\"a\":{\"n\":3}}",
        "\xEF\xBB\xBF{\"a\":{\"n\":1}}\n7\n {\"a\":{\"n\":3}} \n\n"}) {
    const Mapped mapped = MapWhole(config, body);
    EXPECT_EQ(mapped.lines, expected) << body;
    EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 1u);
    EXPECT_EQ(mapped.report.rejected_rows.at(0).row, "7");
  }
  EXPECT_EQ(MapWhole(Lines(Gauge("n", "$value", {{"line", "$index"}})), "1\n2\n\"3\"").lines,
            "n{line=\"0\"} 1\nn{line=\"1\"} 2\nn{line=\"2\"} 3\n");
}

TEST(LinesTest, AnEmptyTextHasNoRows) {
  for (const std::string_view body : {"", "\n", "\n\n"})
    EXPECT_EQ(MapWhole(Lines(Gauge("n", "n")), body).lines, "");
}

TEST(LinesTest, ABrokenOrCutLineFailsTheAnswer) {
  const auto failure = [](std::string_view body) {
    return MapWhole(Lines(Gauge("n", "n")), body).lines.substr(0, 9);
  };
  EXPECT_EQ(failure("{\"n\":1}\n{\"n\":"), "bad_json:");
  EXPECT_EQ(failure("{\"n\":1}\n]"), "bad_json:");
  EXPECT_EQ(failure("{\"n\":1},\n{\"n\":2}"), "bad_json:");
  EXPECT_EQ(failure("<html>"), "bad_json:");
}

}  // namespace
}  // namespace o2o

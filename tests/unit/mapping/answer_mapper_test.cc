// SPDX-License-Identifier: Apache-2.0
#include "mapping/answer_mapper.h"

#include <gtest/gtest.h>

#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

using Texts = std::vector<std::string>;

RowsConfig At(std::string pointer, RowsAre is = RowsAre::kRows) {
  RowsConfig rows;
  rows.pointer = std::move(pointer);
  rows.is = is;
  return rows;
}

MetricConfig In(MetricConfig metric, RowsConfig rows) {
  metric.rows = std::move(rows);
  return metric;
}

TEST(AnswerMapperTest, MetricsFindTheirRowsInSeveralPlaces) {
  const auto config = AnyShape({Gauge("open", "open", {{"branch", "code"}}),
                                In(Gauge("capacity", "capacity"), At("/summary", RowsAre::kRow)),
                                Gauge("closed", "closed", {{"branch", "code"}})},
                               At("/branches"));
  const Mapped mapped =
      MapWhole(config, R"({"branches":[{"code":"a","open":1,"closed":"x"},7,{"code":"b","open":2,"closed":4}],
    "summary":{"capacity":40}})");
  EXPECT_EQ(mapped.lines,
            "open{branch=\"a\"} 1\nopen{branch=\"b\"} 2\nclosed{branch=\"b\"} 4\ncapacity 40\n");
  EXPECT_EQ(mapped.report.rows, 4u);
  EXPECT_EQ(mapped.report.series, 4u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(RejectedFor(mapped.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(mapped.report.columns, (Texts{"code", "open", "closed", "capacity"}));
  EXPECT_EQ(mapped.report.sample_rows.size(), 3u);
}

TEST(AnswerMapperTest, OnePlaceThatIsNotThereFailsTheAnswer) {
  const auto config =
      AnyShape({Gauge("open", "open"), In(Gauge("capacity", "capacity"), At("/summary", RowsAre::kRow))},
               At("/branches"));
  EXPECT_EQ(MapWhole(config, R"({"branches":[{"open":1}]})").lines,
            "bad_shape: there is no `summary` in the answer, there is `branches`");
  EXPECT_EQ(MapWhole(config, R"({"branches":[{"open":1}],"summary":{}})").lines,
            "bad_shape: column `capacity` not in the answer");
  EXPECT_EQ(MapWhole(config, R"({"branches":[{"open":1}],"summary":{"capacity":1})").lines.substr(0, 9),
            "bad_json:");
}

TEST(AnswerMapperTest, MetricsOfOneNameAreOneFamilyAcrossPlaces) {
  MetricConfig north = Gauge("stock", "n", {{"sku", "sku"}});
  north.static_labels = {{"side", "north"}};
  MetricConfig south = In(Gauge("stock", "n", {{"sku", "sku"}}), At("/south"));
  south.static_labels = {{"side", "south"}};
  const auto config = AnyShape({north, south}, At("/north"));
  AnswerMapper mapper(config);
  ASSERT_TRUE(mapper.Feed(R"({"north":[{"sku":"a","n":1}],"south":[{"sku":"a","n":2}]})"));
  Result<Mapping> mapping = mapper.Finish();
  ASSERT_TRUE(mapping);
  ASSERT_EQ(mapping->families.size(), 1u);
  EXPECT_EQ(Render(std::move(mapping->families[0]))->samples,
            "stock{sku=\"a\",side=\"north\"} 1\nstock{sku=\"a\",side=\"south\"} 2\n");
}

TEST(AnswerMapperTest, CeilingsAreOfAllPlacesTogether) {
  auto config =
      AnyShape({Gauge("a", "n", {{"l", "l"}}), In(Gauge("b", "n", {{"l", "l"}}), At("/b"))}, At("/a"));
  constexpr std::string_view kBody =
      R"({"a":[{"l":1,"n":1},{"l":2,"n":1}],"b":[{"l":1,"n":1},{"l":2,"n":1}]})";
  config.ceilings.max_rows = config.ceilings.max_series = 4;
  EXPECT_EQ(MapWhole(config, kBody).report.series, 4u);
  config.ceilings.max_rows = 3;
  EXPECT_EQ(MapWhole(config, kBody).lines,
            "too_large: more than 3 rows: let the upstream answer with fewer, or raise max_rows");
  config.ceilings.max_rows = 4;
  config.ceilings.max_series = 3;
  EXPECT_EQ(MapWhole(config, kBody).lines,
            "too_large: more than 3 series: let the upstream answer with fewer, or raise max_series");
}

// ---- labels from elsewhere in the document

TEST(DocumentLabelTest, MayPrecedeOrFollowTheRows) {
  const auto config = AnyShape(
      {Gauge("n", "n", {{"region", "$/meta/region"}, {"id", "id"}, {"build", "$/build"}})}, At("/data/rows"));
  const std::string expected =
      "n{id=\"a\",region=\"north\",build=\"7\"} 1\nn{id=\"b\",region=\"north\",build=\"7\"} 2\n";
  constexpr std::string_view kRows = R"("data":{"rows":[{"id":"a","n":1},{"id":"b","n":2}]})";
  EXPECT_EQ(MapWhole(config, R"({"meta":{"region":"north"},"build":7,)" + std::string(kRows) + "}").lines,
            expected);
  EXPECT_EQ(MapWhole(config, "{" + std::string(kRows) + R"(,"build":7,"meta":{"region":"north"}})").lines,
            expected);
  EXPECT_EQ(MapWhole(config, R"({"meta":{"region":"old"},)" + std::string(kRows) +
                                 R"(,"build":7,"meta":{"region":"north"}})")
                .lines,
            expected)
      << "of equal keys the last";
}

TEST(DocumentLabelTest, AbsentOnesAreEmptyAndNoted) {
  const auto config =
      AnyShape({Gauge("n", "n", {{"region", "$/meta/region"}, {"zone", "$/zone"}})}, At("/rows"));
  const Mapped mapped = MapWhole(config, R"({"rows":[{"n":1}],"zone":null})");
  EXPECT_EQ(mapped.lines, "n{region=\"\",zone=\"\"} 1\n");
  EXPECT_EQ(mapped.report.notes, Texts{"column `$/meta/region` not in the answer; it counts as empty"});
}

TEST(DocumentLabelTest, ALabelThatIsNotATextFailsTheAnswer) {
  auto config = AnyShape({Gauge("n", "n", {{"meta", "$/meta"}})}, At("/rows"));
  EXPECT_EQ(MapWhole(config, R"({"rows":[{"n":1}],"meta":{"region":"x"}})").lines,
            "bad_shape: `$/meta` is an object, expected a text");
  config.ceilings.max_label_bytes = 3;
  EXPECT_EQ(MapWhole(config, R"({"rows":[{"n":1}],"meta":"four"})").lines,
            "too_large: `$/meta` is longer than 3 bytes (max_label_bytes)");
}

TEST(DocumentLabelTest, AggregatesAndSeveralMetrics) {
  MetricConfig sum = Gauge("sum", "n", {{"region", "$/region"}});
  sum.aggregate = Aggregate::kSum;
  const auto config = AnyShape({sum, Gauge("n", "n", {{"id", "id"}, {"zone", "$/zone"}})}, At("/rows"));
  EXPECT_EQ(MapWhole(config, R"({"rows":[{"id":1,"n":1},{"id":2,"n":2}],"region":"r","zone":"z"})").lines,
            "sum{region=\"r\"} 3\nn{id=\"1\",zone=\"z\"} 1\nn{id=\"2\",zone=\"z\"} 2\n");
}

TEST(DocumentLabelTest, OneMetricOfAFamilyAlone) {
  MetricConfig of_row = Gauge("n", "n", {{"region", "region"}}),
               of_document = Gauge("n", "n", {{"region", "$/region"}});
  of_row.static_labels = {{"by", "row"}};
  of_document.static_labels = {{"by", "document"}};
  constexpr std::string_view kBody = R"({"rows":[{"region":"west","n":1}],"region":"north"})";
  // Whichever comes first: only the order of the labels, which is the first one's, differs.
  EXPECT_EQ(MapWhole(AnyShape({of_row, of_document}, At("/rows")), kBody).lines,
            "n{region=\"north\",by=\"document\"} 1\nn{region=\"west\",by=\"row\"} 1\n");
  EXPECT_EQ(MapWhole(AnyShape({of_document, of_row}, At("/rows")), kBody).lines,
            "n{by=\"document\",region=\"north\"} 1\nn{by=\"row\",region=\"west\"} 1\n");
}

TEST(DocumentLabelTest, LabelsTogetherHaveACeiling) {
  auto config = AnyShape({Gauge("n", "n", {{"a", "$/a"}, {"b", "$/b"}})}, At("/rows"));
  config.ceilings.max_label_bytes = 65'536;
  const std::string half(40'000, 'x');
  const std::string body = R"({"rows":[{"n":1}],"a":")" + half + R"(","b":")";
  EXPECT_EQ(MapPieces(config, body + "\"}", 1'000).report.series, 1u);
  EXPECT_EQ(MapPieces(config, body + half + "\"}", 1'000).lines,
            "too_large: n: the labels together are longer than 65536 bytes");
}

}  // namespace
}  // namespace o2o

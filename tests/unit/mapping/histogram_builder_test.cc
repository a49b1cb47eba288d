// SPDX-License-Identifier: Apache-2.0
#include "mapping/histogram_builder.h"

#include <gtest/gtest.h>

#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

MetricConfig Cooking(bool cumulative, std::string sum = "") {
  MetricConfig metric = Gauge("cooking", "n", {{"kitchen", "k"}});
  metric.type = MetricType::kHistogram;
  metric.histogram = HistogramColumns{"up_to", cumulative, std::move(sum)};
  return metric;
}

constexpr std::string_view kLines =
    "cooking_bucket{kitchen=\"a\",le=\"0.5\"} 2\ncooking_bucket{kitchen=\"a\",le=\"10.0\"} 5\n"
    "cooking_bucket{kitchen=\"a\",le=\"+Inf\"} 6\ncooking_sum{kitchen=\"a\"} "
    "31.5\ncooking_count{kitchen=\"a\"} 6\n";

TEST(HistogramBuilderTest, FromCountsOfEachBucketInAnyOrder) {
  const Mapped mapped =
      MapWhole(AnyShape({Cooking(false, "s")}), R"([{"k":"a","up_to":"Infinity","n":1,"s":20},
    {"k":"a","up_to":0.5,"n":2,"s":0.5},{"k":"a","up_to":"10.0","n":3,"s":11}])");
  EXPECT_EQ(mapped.lines, kLines);
  EXPECT_EQ(mapped.report.series, 5u);
}

TEST(HistogramBuilderTest, FromCumulativeCountsWhoseLastSumIsThatOfAll) {
  EXPECT_EQ(MapWhole(AnyShape({Cooking(true, "s")}), R"([{"k":"a","up_to":0.5,"n":2,"s":0.5},
    {"k":"a","up_to":"10","n":5,"s":11.5},{"k":"a","up_to":"+Inf","n":6,"s":31.5}])")
                .lines,
            kLines);
}

TEST(HistogramBuilderTest, WithoutASumItIsNotKnown) {
  EXPECT_EQ(MapWhole(AnyShape({Cooking(true)}), R"([{"k":"a","up_to":1,"n":2}])").lines,
            "cooking_bucket{kitchen=\"a\",le=\"1.0\"} 2\ncooking_bucket{kitchen=\"a\",le=\"+Inf\"} 2\n"
            "cooking_sum{kitchen=\"a\"} NaN\ncooking_count{kitchen=\"a\"} 2\n");
}

TEST(HistogramBuilderTest, BoundsAreThoseOfAllSeries) {
  for (const bool cumulative : {false, true}) {
    EXPECT_EQ(
        MapWhole(AnyShape({Cooking(cumulative)}), R"([{"k":"a","up_to":1,"n":2},{"k":"b","up_to":2,"n":3}])")
            .lines,
        "cooking_bucket{kitchen=\"a\",le=\"1.0\"} 2\ncooking_bucket{kitchen=\"a\",le=\"2.0\"} 2\n"
        "cooking_bucket{kitchen=\"a\",le=\"+Inf\"} 2\ncooking_sum{kitchen=\"a\"} NaN\n"
        "cooking_count{kitchen=\"a\"} 2\n"
        "cooking_bucket{kitchen=\"b\",le=\"1.0\"} 0\ncooking_bucket{kitchen=\"b\",le=\"2.0\"} 3\n"
        "cooking_bucket{kitchen=\"b\",le=\"+Inf\"} 3\ncooking_sum{kitchen=\"b\"} NaN\n"
        "cooking_count{kitchen=\"b\"} 3\n");
  }
}

TEST(HistogramBuilderTest, AnInvalidHistogramFailsTheAnswer) {
  const auto failure = [](bool cumulative, std::string_view body) {
    return MapWhole(AnyShape({Cooking(cumulative)}), body).lines;
  };
  EXPECT_EQ(failure(false, R"([{"k":"a","up_to":"long","n":2}])"),
            "bad_shape: cooking: column `up_to`: 'long' is not a bound, expected a number or +Inf");
  EXPECT_EQ(failure(false, R"([{"k":"a","up_to":1,"n":2.5}])"),
            "bad_shape: cooking: column `n`: '2.5' is not a count, expected a whole number");
  EXPECT_EQ(failure(false, R"([{"k":"a","up_to":1,"n":2},{"k":"a","up_to":"1.0","n":3}])").substr(0, 44),
            "bad_shape: cooking: column `up_to`: '1.0' is");
  EXPECT_EQ(failure(true, R"([{"k":"a","up_to":1,"n":2},{"k":"a","up_to":2,"n":1}])"),
            "bad_shape: cooking: the counts of column `n` fall from one bound to the next, which those of "
            "`buckets: "
            "cumulative` never do: want `buckets: each`?");
}

TEST(HistogramBuilderTest, CountsAgainstTheCeilingOfSeries) {
  auto config = AnyShape({Cooking(false)});
  config.ceilings.max_series = 4;
  EXPECT_EQ(MapWhole(config, R"([{"k":"a","up_to":1,"n":2}])").report.series, 4u);
  config.ceilings.max_series = 3;
  EXPECT_EQ(MapWhole(config, R"([{"k":"a","up_to":1,"n":2}])").lines.substr(0, 10), "too_large:");
}

TEST(HistogramBuilderTest, BesidesOtherMetricsWithLabelsFromElsewhere) {
  MetricConfig cooking = Cooking(false);
  cooking.labels = {{"region", "$/region"}};
  RowsConfig rows;
  rows.pointer = "/rows";
  EXPECT_EQ(MapWhole(AnyShape({cooking, Gauge("plain", "n", {{"k", "k"}})}, rows),
                     R"({"rows":[{"k":"a","up_to":1,"n":2}],"region":"north"})")
                .lines,
            "cooking_bucket{region=\"north\",le=\"1.0\"} 2\ncooking_bucket{region=\"north\",le=\"+Inf\"} 2\n"
            "cooking_sum{region=\"north\"} NaN\ncooking_count{region=\"north\"} 2\nplain{k=\"a\"} 2\n");
}

}  // namespace
}  // namespace o2o

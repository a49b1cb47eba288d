// SPDX-License-Identifier: Apache-2.0
#include "mapping/row_mapper.h"

#include <gtest/gtest.h>

#include <functional>

namespace o2o {
namespace {

// vendor_stock{vendor=...} from the columns `vendor` and `stock`.
MetricConfig Stock() {
  MetricConfig metric;
  metric.name = "vendor_stock";
  metric.help = "Stock.";
  metric.labels = {{"vendor", "vendor"}};
  metric.value_column = "stock";
  return metric;
}

MappingConfig Config(std::vector<MetricConfig> metrics, RowsConfig rows = {}) {
  MappingConfig config;
  config.rows = std::move(rows);
  config.metrics = std::move(metrics);
  return config;
}
MappingConfig Config(const std::function<void(MetricConfig&)>& change) {
  MetricConfig metric = Stock();
  change(metric);
  return Config({metric});
}

std::string Lines(std::vector<Family> families) {
  std::string lines;
  for (Family& family : families) lines += Render(std::move(family))->samples;
  return lines;
}

struct Outcome {
  std::string lines;  // or the error
  MappingReport report;
  std::map<std::string, std::string> top;
  bool appended = false;
};

Outcome MapInPieces(const MappingConfig& config, std::string_view body, std::size_t piece_bytes) {
  RowMapper mapper(config);
  Outcome outcome;
  Result<void> fed;
  for (std::size_t at = 0; at < body.size() && fed; at += piece_bytes) {
    const std::string piece(body.substr(at, piece_bytes));
    fed = mapper.Feed(piece);
  }
  Result<Mapping> mapping = mapper.Finish();
  if (!fed) {
    EXPECT_FALSE(mapping) << "an error stays";
  }
  if (mapping) {
    outcome.lines = Lines(std::move(mapping->families));
    outcome.report = std::move(mapping->report);
  } else {
    outcome.lines = std::string(Name(mapping.error().code)) + ": " + mapping.error().message;
    outcome.report = mapper.report();
  }
  outcome.top = mapper.TopFields();
  outcome.appended = mapper.TopFieldsAreAppended();
  return outcome;
}

std::string Told(const MappingReport& report) {
  std::string text = std::to_string(report.rows) + " " + std::to_string(report.series) + " " +
                     std::to_string(report.filtered) + "\n";
  for (const auto& counts : {report.rejected, report.repaired}) {
    for (const auto& [reason, count] : counts) text += reason + " " + std::to_string(count) + "\n";
  }
  for (const auto& list : {report.columns, report.notes, report.sample_rows}) {
    for (const std::string& line : list) text += line + "\n";
  }
  for (const RejectedRowSample& row : report.rejected_rows) {
    text += std::string(Name(row.reason)) + " " + row.message + " " + row.row + "\n";
  }
  return text;
}

// Whole; and held against the same in small pieces.
Outcome Map(const MappingConfig& config, std::string_view body) {
  const Outcome outcome = MapInPieces(config, body, std::max<std::size_t>(1, body.size()));
  for (const std::size_t bytes : {1, 2, 5, 16}) {
    const Outcome again = MapInPieces(config, body, bytes);
    EXPECT_EQ(again.lines, outcome.lines) << bytes;
    EXPECT_EQ(Told(again.report), Told(outcome.report)) << bytes;
    EXPECT_EQ(again.top, outcome.top) << bytes;
    EXPECT_EQ(again.appended, outcome.appended) << bytes;
  }
  return outcome;
}

std::uint64_t RepairedAs(const MappingReport& report, RowRepair repair) {
  return report.repaired[static_cast<std::size_t>(repair)].second;
}

std::uint64_t Rejected(const MappingReport& report, RowReason reason) {
  return report.rejected[static_cast<std::size_t>(reason)].second;
}

using Texts = std::vector<std::string>;

TEST(RowMapperTest, RowsBecomeSamples) {
  const Outcome outcome = Map(Config({Stock()}), R"([
{"vendor":"A","stock":7,"other":{"deep":[1,2]}},
{"stock":12.50,"other":null,"vendor":"B"}
])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 7\nvendor_stock{vendor=\"B\"} 12.50\n");
  EXPECT_EQ(outcome.report.rows, 2u);
  EXPECT_EQ(outcome.report.series, 2u);
  EXPECT_EQ(outcome.report.columns, (Texts{"vendor", "stock", "other"}));
  EXPECT_EQ(outcome.report.sample_rows, (Texts{R"({"vendor":"A","stock":7,"other":{"deep":[1,2]}})",
                                               R"({"stock":12.50,"other":null,"vendor":"B"})"}));
  EXPECT_EQ(outcome.report.notes, Texts{});
}

TEST(RowMapperTest, NoRowsAreFine) {
  for (const std::string_view body : {"[]", "[\n\n]", "\xEF\xBB\xBF\n[ ]\n"}) {
    const Outcome outcome = Map(Config({Stock()}), body);
    EXPECT_EQ(outcome.lines, "") << body;
    EXPECT_EQ(outcome.report.rows, 0u);
    EXPECT_EQ(outcome.report.rejected.size(), kRowReasons) << "all reasons are told";
  }
}

TEST(RowMapperTest, SeveralMetricsFromOneAnswer) {
  MetricConfig count = Stock();
  count.name = "vendor_rows";
  count.labels = {};
  count.value_column.clear();
  count.aggregate = Aggregate::kCount;
  const Outcome outcome =
      Map(Config({Stock(), count}), R"([{"vendor":"A","stock":1},{"vendor":"B","stock":null}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 1\nvendor_rows 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNoValue), 1u);
}

TEST(RowMapperTest, MetricsOfOneNameAreOneFamily) {
  MetricConfig active = Stock(), hidden = Stock();
  active.static_labels = {{"state", "active"}};
  hidden.static_labels = {{"state", "hidden"}};
  hidden.value_column = "hidden";
  const Outcome outcome = Map(Config({active, hidden}), R"([{"vendor":"A","stock":1,"hidden":2}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\",state=\"active\"} 1\nvendor_stock{vendor=\"A\",state=\"hidden\"} 2\n");
}

// ---- columns

TEST(RowMapperTest, ColumnsMatchWithoutCaseBlanksAndUnderscores) {
  const Outcome outcome = Map(Config([](MetricConfig& m) { m.labels[0].column = "vendor_code"; }),
                              R"([{"Vendor Code":"A","STOCK":1}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(outcome.report.notes,
            (Texts{"column `vendor_code` not in the answer, there is `Vendor Code`, which is taken",
                   "column `stock` not in the answer, there is `STOCK`, which is taken"}));
}

TEST(RowMapperTest, TheExactColumnGoesFirst) {
  const auto config = Config({Stock()});
  for (const std::string_view body :
       {R"([{"Vendor":"loose","vendor":"A","stock":1}])", R"([{"vendor":"A","Vendor":"loose","stock":1}])"}) {
    const Outcome outcome = Map(config, body);
    EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 1\n") << body;
    EXPECT_EQ(outcome.report.notes, Texts{});
  }
  const Outcome two = Map(config, R"([{"VENDOR":"A","Ven dor":"B","stock":1}])");
  EXPECT_EQ(two.lines, "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(two.report.notes,
            (Texts{"column `vendor` not in the answer, there is `VENDOR`, which is taken (before "
                   "`Ven dor`, which is there too)"}));
}

TEST(RowMapperTest, AColumnThatNoRowHasIsAnError) {
  EXPECT_EQ(Map(Config({Stock()}), R"([{"vendor_kode":"A","stock":1},{"stock":1}])").lines,
            "bad_shape: column `vendor` not in the answer, there is `vendor_kode`");
  EXPECT_EQ(Map(Config({Stock()}), R"([{"id":1,"name":"x"}])").lines,
            "bad_shape: columns `vendor`, `stock` not in the answer, there is `id`, `name`");
  EXPECT_EQ(Map(Config({Stock()}), R"([{}])").lines,
            "bad_shape: columns `vendor`, `stock` not in the answer");
}

TEST(RowMapperTest, AColumnThatSomeRowHasIsEnough) {
  const Outcome outcome = Map(Config({Stock()}), R"([{"stock":1},{"vendor":"B","stock":2}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"\"} 1\nvendor_stock{vendor=\"B\"} 2\n");
}

TEST(RowMapperTest, OfEqualKeysTheLastWins) {
  const Outcome outcome =
      Map(Config({Stock()}), R"([{"vendor":"A","vendor":"B","stock":1,"stock":2,"x":1,"x":2}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"B\"} 2\n");
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateKey), 3u);
  EXPECT_EQ(Map(Config({Stock()}), R"([{"vendor":"A","stock":1,"stock":null}])").lines, "")
      << "also if it is null";
}

// ---- labels

TEST(RowMapperTest, LabelsAreTexts) {
  const Outcome outcome = Map(Config({Stock()}), R"([
    {"vendor":12345678901234567890,"stock":1},{"vendor":true,"stock":2},{"vendor":1.50,"stock":3},
    {"vendor":"é \" \\ \n.","stock":4}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"1.50\"} 3\nvendor_stock{vendor=\"12345678901234567890\"} 1\n"
            "vendor_stock{vendor=\"true\"} 2\nvendor_stock{vendor=\"é \\\" \\\\ \\n.\"} 4\n");
}

TEST(RowMapperTest, AMissingOrNullLabelIsTheEmptyOne) {
  const Outcome outcome = Map(Config([](MetricConfig& m) { m.on_duplicate = DuplicatePolicy::kSum; }),
                              R"([{"vendor":null,"stock":1},{"stock":2},{"vendor":"","stock":4}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"\"} 7\n");
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateLabels), 2u);
}

TEST(RowMapperTest, ALabelThatIsNotATextRejectsTheRow) {
  const Outcome outcome = Map(Config({Stock()}), R"([{"vendor":{"a":1},"stock":1},{"vendor":[],"stock":1}])");
  EXPECT_EQ(outcome.lines, "");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadLabel), 2u);
  ASSERT_EQ(outcome.report.rejected_rows.size(), 2u);
  EXPECT_EQ(outcome.report.rejected_rows[0].message,
            "vendor_stock: label vendor: an object, expected a text");
  EXPECT_EQ(outcome.report.rejected_rows[0].row, R"({"vendor":{"a":1},"stock":1})");
  EXPECT_EQ(outcome.report.rejected_rows[1].message, "vendor_stock: label vendor: an array, expected a text");
}

TEST(RowMapperTest, ALabelThatIsTooLongRejectsTheRow) {
  MappingConfig config = Config({Stock()});
  config.ceilings.max_label_bytes = 300;
  const std::string fits(300, 'x');
  const Outcome outcome =
      Map(config, R"([{"vendor":")" + fits + R"(","stock":1},{"vendor":")" + fits + R"(x","stock":2}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"" + fits + "\"} 1\n");
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message,
            "vendor_stock: label vendor: longer than 300 bytes (max_label_bytes)");
}

TEST(RowMapperTest, InvalidUtf8InLabelsIsRepairedAndCounted) {
  const Outcome outcome = Map(Config({Stock()}),
                              "[{\"vendor\":\"a\xFF\",\"stock\":1},{\"vendor\":\"b\\u0000\",\"stock\":2},"
                              "{\"vendor\":\"\\ud800\",\"stock\":3}]");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"a\xEF\xBF\xBD\"} 1\nvendor_stock{vendor=\"b\xEF\xBF\xBD\"} 2\n"
            "vendor_stock{vendor=\"\xEF\xBF\xBD\"} 3\n");
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kText), 2u);
  EXPECT_EQ(outcome.report.sample_rows[1], "{\"vendor\":\"b\xEF\xBF\xBD\",\"stock\":2}");
}

TEST(RowMapperTest, StaticLabelsFollowThoseOfColumns) {
  const auto config = Config([](MetricConfig& m) { m.static_labels = {{"team", "shop"}}; });
  EXPECT_EQ(Map(config, R"([{"vendor":"A","stock":1}])").lines,
            "vendor_stock{vendor=\"A\",team=\"shop\"} 1\n");
}

// ---- values

TEST(RowMapperTest, NumbersStayExact) {
  const Outcome outcome =
      Map(Config({Stock()}), R"([{"vendor":"A","stock":9007199254740993},{"vendor":"B","stock":"1,234.50"},
    {"vendor":"C","stock":1.10e-7},{"vendor":"D","stock":true},{"vendor":"E","stock":"12%"},{"vendor":"F","stock":18446744073709551616}])");
  EXPECT_EQ(
      outcome.lines,
      "vendor_stock{vendor=\"A\"} 9007199254740993\nvendor_stock{vendor=\"B\"} 1234.50\n"
      "vendor_stock{vendor=\"C\"} 1.10e-7\nvendor_stock{vendor=\"D\"} 1\nvendor_stock{vendor=\"E\"} 0.12\n"
      "vendor_stock{vendor=\"F\"} 18446744073709551616\n");
  EXPECT_EQ(outcome.report.notes, Texts{"vendor_stock: the values of column `stock` came as text"})
      << "and no value, since a note that changes is told again";
}

TEST(RowMapperTest, UnitsAreRead) {
  EXPECT_EQ(Map(Config([](MetricConfig& m) { m.unit = ValueUnit::kBytes; }),
                R"([{"vendor":"A","stock":"1000 MB"}])")
                .lines,
            "vendor_stock{vendor=\"A\"} 1000000000\n");
  EXPECT_EQ(Map(Config([](MetricConfig& m) { m.unit = ValueUnit::kTime; }),
                R"([{"vendor":"A","stock":"2026-11-20T10:00:00Z"}])")
                .lines,
            "vendor_stock{vendor=\"A\"} 1795168800\n");
}

TEST(RowMapperTest, NoValueSkipsTheRow) {
  const Outcome outcome =
      Map(Config({Stock()}), R"([{"vendor":"A","stock":null},{"vendor":"B"},{"vendor":"C","stock":""},
    {"vendor":"D","stock":"NaN"},{"vendor":"E","stock":NaN},{"vendor":"F","stock":0}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"F\"} 0\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNoValue), 5u);
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message,
            "vendor_stock: column `stock`: null, so there is no value");
  EXPECT_EQ(outcome.report.rejected_rows.at(1).message,
            "vendor_stock: column `stock`: missing, so there is no value");
  EXPECT_EQ(outcome.report.rejected_rows.at(3).row, R"({"vendor":"D","stock":"NaN"})");
}

TEST(RowMapperTest, UnlessThereIsADefault) {
  const auto config = Config([](MetricConfig& m) { m.null_value = "-1"; });
  const Outcome outcome =
      Map(config, R"([{"vendor":"A","stock":null},{"vendor":"B"},{"vendor":"C","stock":"NaN"}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\"} -1\nvendor_stock{vendor=\"B\"} -1\nvendor_stock{vendor=\"C\"} -1\n");
  const Outcome never = Map(config, R"([{"vendor":"A","stok":1}])");
  EXPECT_EQ(never.lines, "vendor_stock{vendor=\"A\"} -1\n");
  EXPECT_EQ(never.report.notes,
            Texts{"column `stock` not in the answer, there is `stok`; the metric's `null` is taken"});
}

TEST(RowMapperTest, BadValuesRejectTheRow) {
  const Outcome outcome =
      Map(Config({Stock()}), R"([{"vendor":"A","stock":"many"},{"vendor":"B","stock":{"n":1}},
    {"vendor":"C","stock":1e999},{"vendor":"D","stock":[1]}])");
  EXPECT_EQ(outcome.lines, "");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 4u);
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message,
            "vendor_stock: column `stock`: 'many' is not a number");
  EXPECT_EQ(outcome.report.rejected_rows.at(1).message,
            "vendor_stock: column `stock`: an object is not a number");
}

TEST(RowMapperTest, ARowIsRejectedForEachMetricAlone) {
  MetricConfig price = Stock();
  price.name = "vendor_price";
  price.value_column = "price";
  const Outcome outcome = Map(Config({Stock(), price}), R"([{"vendor":"A","stock":"x","price":2},
    {"vendor":"B","stock":null,"price":"y"},{"vendor":"C","stock":"x","price":"y"}])");
  EXPECT_EQ(outcome.lines, "vendor_price{vendor=\"A\"} 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 3u) << "a row counts once for a reason";
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNoValue), 1u);
}

TEST(RowMapperTest, ValueMap) {
  const auto config = Config([](MetricConfig& m) {
    m.value_map = {{"Online", "1"}, {"offline", "0"}, {"ONLINE", "2"}, {"1", "7"}};
  });
  const Outcome outcome = Map(
      config,
      R"([{"vendor":"A","stock":"Online"},{"vendor":"B","stock":"OFFLINE"},{"vendor":"C","stock":"ONLINE"},
    {"vendor":"D","stock":1},{"vendor":"E","stock":5},{"vendor":"F","stock":"paused"},{"vendor":"G","stock":null}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\"} 1\nvendor_stock{vendor=\"B\"} 0\nvendor_stock{vendor=\"C\"} 2\n"
            "vendor_stock{vendor=\"D\"} 7\nvendor_stock{vendor=\"E\"} 5\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNoValue), 1u);
}

TEST(RowMapperTest, WhereSelectsRows) {
  const auto config = Config([](MetricConfig& m) {
    m.where = {{"state", {"on", "half", "1"}}, {"hidden", {"", "false"}}};
  });
  const Outcome outcome = Map(
      config, R"([{"vendor":"A","stock":1,"state":"on","hidden":false},{"vendor":"B","stock":1,"state":"off"},
    {"vendor":"C","stock":1,"state":"half","hidden":true},{"vendor":"D","stock":"broken","state":"x"},{"vendor":"E","stock":1,"state":1},
    {"vendor":"F","stock":1,"state":"on","hidden":null},{"vendor":"G","stock":1,"state":["on"]}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\"} 1\nvendor_stock{vendor=\"E\"} 1\nvendor_stock{vendor=\"F\"} 1\n");
  EXPECT_EQ(outcome.report.filtered, 4u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 0u) << "what is left out is not looked at";
  EXPECT_EQ(Map(config, R"([{"vendor":"A","stock":1,"hidden":1}])").lines,
            "bad_shape: column `state` not in the answer, there is `vendor`, `stock`, `hidden`");
}

// ---- aggregates and duplicates

std::string Aggregated(Aggregate aggregate, std::string_view rows) {
  return Map(Config([&](MetricConfig& m) { m.aggregate = aggregate; }), rows).lines;
}

TEST(RowMapperTest, Aggregates) {
  constexpr std::string_view kRows =
      R"([{"vendor":"A","stock":0.1},{"vendor":"B","stock":9007199254740993},{"vendor":"A","stock":0.2},
    {"vendor":"B","stock":2},{"vendor":"A","stock":null},{"vendor":"C","stock":"1.50"}])";
  EXPECT_EQ(Aggregated(Aggregate::kSum, kRows),
            "vendor_stock{vendor=\"A\"} 0.3\nvendor_stock{vendor=\"B\"} "
            "9007199254740995\nvendor_stock{vendor=\"C\"} 1.50\n");
  EXPECT_EQ(
      Aggregated(Aggregate::kMin, kRows),
      "vendor_stock{vendor=\"A\"} 0.1\nvendor_stock{vendor=\"B\"} 2\nvendor_stock{vendor=\"C\"} 1.50\n");
  EXPECT_EQ(Aggregated(Aggregate::kMax, kRows),
            "vendor_stock{vendor=\"A\"} 0.2\nvendor_stock{vendor=\"B\"} "
            "9007199254740993\nvendor_stock{vendor=\"C\"} 1.50\n");
  EXPECT_EQ(Aggregated(Aggregate::kAvg, kRows),
            "vendor_stock{vendor=\"A\"} 0.15\nvendor_stock{vendor=\"B\"} "
            "4503599627370498\nvendor_stock{vendor=\"C\"} 1.50\n");
  // (9007199254740995 / 2 is not a double, and an average is one.)
  EXPECT_EQ(Aggregated(Aggregate::kCount, kRows),
            "vendor_stock{vendor=\"A\"} 2\nvendor_stock{vendor=\"B\"} 2\nvendor_stock{vendor=\"C\"} 1\n")
      << "of rows that have a value";
}

TEST(RowMapperTest, CountNeedsNoColumn) {
  const auto config = Config([](MetricConfig& m) {
    m.value_column.clear();
    m.aggregate = Aggregate::kCount;
  });
  std::string rows = "[";
  for (int i = 0; i < 1'234; ++i)
    rows += std::string(i == 0 ? "" : ",") + R"({"vendor":")" + (i % 3 == 0 ? "A" : "B") + "\"}";
  EXPECT_EQ(Map(config, rows + "]").lines,
            "vendor_stock{vendor=\"A\"} 412\nvendor_stock{vendor=\"B\"} 822\n");
}

TEST(RowMapperTest, DuplicateLabelSets) {
  constexpr std::string_view kRows =
      R"([{"vendor":"A","stock":2},{"vendor":"A","stock":10},{"vendor":"B","stock":5},{"vendor":"A","stock":3}])";
  const std::pair<DuplicatePolicy, std::string> cases[] = {{DuplicatePolicy::kFirst, "2"},
                                                           {DuplicatePolicy::kLast, "3"},
                                                           {DuplicatePolicy::kSum, "15"},
                                                           {DuplicatePolicy::kMax, "10"}};
  for (const auto& [policy, value] : cases) {
    const Outcome outcome = Map(Config([p = policy](MetricConfig& m) { m.on_duplicate = p; }), kRows);
    EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} " + value + "\nvendor_stock{vendor=\"B\"} 5\n");
    EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateLabels), 2u);
    EXPECT_EQ(Rejected(outcome.report, RowReason::kDuplicate), 0u);
  }
}

// Which of them came first is up to the database.
TEST(RowMapperTest, AmbiguousLabelSetsAreNotPublished) {
  MetricConfig price = Stock();
  price.name = "vendor_price";
  price.value_column = "price";
  const Outcome outcome = Map(Config({Stock(), price}), R"([{"vendor":"A","stock":2,"price":1},
    {"vendor":"B","stock":5,"price":1},{"vendor":"A","stock":2,"price":null},{"vendor":"A","stock":3,"price":4},
    {"vendor":"C","stock":5,"price":1}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"B\"} 5\nvendor_stock{vendor=\"C\"} 5\n"
            "vendor_price{vendor=\"B\"} 1\nvendor_price{vendor=\"C\"} 1\n")
      << "equal values are no better: one more row, and they differ";
  EXPECT_EQ(Rejected(outcome.report, RowReason::kDuplicate), 3u) << "each row of A counts, and once";
  EXPECT_EQ(outcome.report.series, 4u);
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateLabels), 0u) << "nothing was taken in";
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message,
            "vendor_stock: rows 1 and 3 have the same labels, so neither is published: distinguish them by a "
            "label, or set aggregate or on_duplicate");
}

TEST(RowMapperTest, WhatIsRepairedIsCounted) {
  const auto repaired = [](DuplicatePolicy policy, std::string_view body) {
    return Map(Config([policy](MetricConfig& m) { m.on_duplicate = policy; }), body).report.repaired;
  };
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  constexpr std::string_view kTwins = R"([{"vendor":"A","stock":2},{"vendor":"A","stock":10}])";
  for (const auto policy :
       {DuplicatePolicy::kFirst, DuplicatePolicy::kLast, DuplicatePolicy::kSum, DuplicatePolicy::kMax}) {
    EXPECT_EQ(repaired(policy, kTwins), (Counts{{"duplicate_labels", 1}, {"duplicate_key", 0}, {"text", 0}}));
  }
  EXPECT_EQ(repaired(DuplicatePolicy::kError, kTwins),
            (Counts{{"duplicate_labels", 0}, {"duplicate_key", 0}, {"text", 0}}))
      << "rejected, and counted there";
  EXPECT_EQ(repaired(DuplicatePolicy::kError, "[{\"vendor\":\"A\xFF\",\"stock\":2,\"stock\":3}]"),
            (Counts{{"duplicate_labels", 0}, {"duplicate_key", 1}, {"text", 1}}));
  EXPECT_EQ(RowRepairs(), (Texts{"duplicate_labels", "duplicate_key", "text"}));
}

TEST(RowMapperTest, CountersTakeNothingBelowZero) {
  constexpr std::string_view kRows =
      R"([{"vendor":"A","stock":-1},{"vendor":"A","stock":2},{"vendor":"B","stock":"-0.5"},
          {"vendor":"C","stock":-0.0},{"vendor":"D","stock":0}])";
  const auto map = [&](MetricType type, Aggregate aggregate) {
    return Map(Config([&](MetricConfig& m) {
                 m.type = type;
                 m.aggregate = aggregate;
               }),
               kRows);
  };
  for (const Aggregate aggregate :
       {Aggregate::kNone, Aggregate::kSum, Aggregate::kMin, Aggregate::kMax, Aggregate::kAvg}) {
    const Outcome counter = map(MetricType::kCounter, aggregate);
    EXPECT_EQ(counter.lines.find("\"B\""), std::string::npos) << counter.lines;
    EXPECT_NE(counter.lines.find("vendor_stock{vendor=\"A\"} 2\n"), std::string::npos) << counter.lines;
    EXPECT_EQ(counter.report.series, 3u);
    EXPECT_EQ(Rejected(counter.report, RowReason::kBadValue), 2u);
    EXPECT_EQ(counter.report.rejected_rows.at(0).message,
              "vendor_stock: column `stock`: '-1' is below 0, which a counter cannot be");
  }
  EXPECT_EQ(map(MetricType::kGauge, Aggregate::kSum).report.series, 4u);
}

// ---- where the rows are

TEST(RowMapperTest, PointerLeadsToTheRows) {
  const auto rows = [](std::string pointer) {
    return Config({Stock()}, {RowShape::kList, std::move(pointer), {}});
  };
  EXPECT_EQ(
      Map(rows("/data/rows"),
          R"({"x":[{"vendor":"X","stock":0}],"data":{"n":1,"rows":[{"vendor":"A","stock":1}],"m":[2]},"y":{}})")
          .lines,
      "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(Map(rows("/1/a~1b~0"), R"([[],{"a/b~":[{"vendor":"A","stock":1}]}])").lines,
            "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(Map(rows("/"), R"({"":[{"vendor":"A","stock":1}]})").lines, "vendor_stock{vendor=\"A\"} 1\n");
}

TEST(RowMapperTest, PointerThatLeadsNowhere) {
  const auto failure = [](std::string_view body) {
    return Map(Config({Stock()}, {RowShape::kList, "/data/rows", {}}), body).lines;
  };
  EXPECT_EQ(failure("[]"), "bad_shape: there is no `data` in the answer");
  EXPECT_EQ(failure("{}"), "bad_shape: there is no `data` in the answer");
  EXPECT_EQ(failure("7"), "bad_shape: the answer is a number, expected an object with `data`");
  EXPECT_EQ(failure(R"({"dat":1,"x":2})"), "bad_shape: there is no `data` in the answer, there is `dat`");
  EXPECT_EQ(failure(R"({"x":1,"y":2})"), "bad_shape: there is no `data` in the answer, there is `x`, `y`");
  EXPECT_EQ(failure(R"({"data":null})"), "bad_shape: `/data` is null, expected an object with `rows`");
  EXPECT_EQ(failure(R"({"data":{"row":[]}})"), "bad_shape: there is no `rows` in `/data`, there is `row`");
  EXPECT_EQ(failure(R"({"data":{"rows":"none"}})"),
            "bad_shape: `/data/rows` is a string, expected an array of rows");
  EXPECT_EQ(failure(R"({"data":{"rows":{"a":{}}}})"),
            "bad_shape: `/data/rows` is an object, expected an array of rows");
}

TEST(RowMapperTest, OfEqualKeysOnTheWayTheLastWins) {
  const auto config = Config({Stock()}, {RowShape::kList, "/data", {}});
  const Outcome outcome =
      Map(config,
          R"({"data":[{"vendor":"A","stock":1,"gone":1},{"vendor":7}],"data":[{"vendor":"B","stock":2}]})");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"B\"} 2\n");
  EXPECT_EQ(outcome.report.rows, 1u);
  EXPECT_EQ(outcome.report.columns, (Texts{"vendor", "stock"}));
  EXPECT_EQ(outcome.report.sample_rows.size(), 1u);
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateKey), 1u);
  EXPECT_EQ(Map(config, R"({"data":[{"vendor":"A","stock":1}],"data":null})").lines,
            "bad_shape: `/data` is null, expected an array of rows");
}

TEST(RowMapperTest, WrongTopType) {
  const auto failure = [](std::string_view body) { return Map(Config({Stock()}), body).lines; };
  EXPECT_EQ(failure("{}"), "bad_shape: the answer is an object, expected an array of rows");
  EXPECT_EQ(failure("\"OK\""), "bad_shape: the answer is a string, expected an array of rows");
  EXPECT_EQ(failure("null"), "bad_shape: the answer is null, expected an array of rows");
}

TEST(RowMapperTest, RowsThatAreNotObjects) {
  const Outcome outcome =
      Map(Config({Stock()}), R"([1,"x",null,[{"vendor":"X","stock":0}],{"vendor":"A","stock":1}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(outcome.report.rows, 5u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNotAnObject), 4u);
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message, "the row is a number, expected an object");
  EXPECT_EQ(outcome.report.rejected_rows.at(3).message, "the row is an array, expected an object");
  EXPECT_EQ(outcome.report.rejected_rows.at(3).row, R"([{"vendor":"X","stock":0}])");
}

TEST(RowMapperTest, DeepNestingCostsItsRowOnly) {
  const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
  const Outcome outcome =
      Map(Config({Stock()}), R"([{"vendor":"A","stock":1,"x":)" + deep + R"(},{"vendor":"B","stock":2}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"B\"} 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kTooDeep), 1u);
}

TEST(RowMapperTest, ObjectOfObjects) {
  const auto config = Config([](MetricConfig& m) { m.labels[0].column = "$key"; });
  const Outcome outcome = Map(config, R"({"A":{"stock":4},"B":{"stock":2},"C":3})");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 4\nvendor_stock{vendor=\"B\"} 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(outcome.report.sample_rows[0], R"({"$key":"A","stock":4})");
  EXPECT_EQ(Map(config, "[]").lines, "bad_shape: the answer is an array, expected an object of rows");
  EXPECT_EQ(Map(config, "{}").lines, "");
}

TEST(RowMapperTest, ObjectOfScalars) {
  const auto config = Config([](MetricConfig& m) {
    m.labels[0] = {"flag", "$key"};
    m.value_column = "$value";
  });
  const Outcome outcome =
      Map(config, R"({"checkout.new_flow":true,"b":false,"c":"2.5","d":null,"e":{"x":1},"f":[]})");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{flag=\"b\"} 0\nvendor_stock{flag=\"c\"} "
            "2.5\nvendor_stock{flag=\"checkout.new_flow\"} 1\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNoValue), 1u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(outcome.report.sample_rows[0], R"({"$key":"checkout.new_flow","$value":true})");
  EXPECT_EQ(Map(config, "[]").lines, "bad_shape: the answer is an array, expected an object of values");
}

// ---- rows in rows

MappingConfig Products() {
  MetricConfig metric = Stock();
  metric.labels = {{"vendor", "../vendor"}, {"product", "name"}};
  return Config({metric}, {RowShape::kList, "", {"products"}});
}

TEST(RowMapperTest, NestedRowsKeepTheColumnsAroundThem) {
  const Outcome outcome = Map(Products(), R"([
    {"vendor":"A","products":[{"name":"x","stock":1},{"name":"y","stock":2}]},
    {"products":[{"name":"x","stock":3}],"vendor":"B"},
    {"products":[],"vendor":"C"},{"products":null,"vendor":"D"},{"vendor":"E"}])");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\",product=\"x\"} 1\nvendor_stock{vendor=\"A\",product=\"y\"} 2\n"
            "vendor_stock{vendor=\"B\",product=\"x\"} 3\n");
  EXPECT_EQ(outcome.report.rows, 3u);
  EXPECT_EQ(outcome.report.columns, (Texts{"name", "stock"}));
  EXPECT_EQ(outcome.report.sample_rows,
            (Texts{R"({"../vendor":"A","name":"x","stock":1})", R"({"../vendor":"A","name":"y","stock":2})",
                   R"({"../vendor":"B","name":"x","stock":3})"}));
}

TEST(RowMapperTest, OfEqualKeysOfNestedRowsTheLastWins) {
  const Outcome outcome =
      Map(Products(), R"([{"vendor":"A","products":[{"name":"x","stock":1},{"name":"y","stock":2}],
    "products":[{"name":"z","stock":3}],"vendor":"B"}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"B\",product=\"z\"} 3\n");
  EXPECT_EQ(outcome.report.rows, 1u);
  EXPECT_EQ(RepairedAs(outcome.report, RowRepair::kDuplicateKey), 2u);
}

TEST(RowMapperTest, NestedRowsThatAreNotObjects) {
  const Outcome outcome =
      Map(Products(), R"([{"vendor":"A","products":"none"},{"vendor":"B","products":{"name":"x"}},
        {"vendor":"C","products":[1,{"name":"x","stock":"bad"},{"name":"y","stock":2}]}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"C\",product=\"y\"} 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNotAnObject), 3u);
  EXPECT_EQ(Rejected(outcome.report, RowReason::kBadValue), 1u);
  EXPECT_EQ(outcome.report.rejected_rows.at(0).message, "`products` is a string, expected an array of rows");
  EXPECT_EQ(outcome.report.rejected_rows.at(1).message, "`products` is an object, expected an array of rows");
  EXPECT_EQ(outcome.report.rejected_rows.at(1).row, R"({"name":"x"})");
  EXPECT_EQ(outcome.report.rejected_rows.at(3).row, R"({"name":"x","stock":"bad"})");
}

TEST(RowMapperTest, NestedColumnThatNoRowHas) {
  EXPECT_EQ(Map(Products(), R"([{"vendor":"A","product":[]}])").lines,
            "bad_shape: column `products` not in the answer, there is `product`");
  EXPECT_EQ(Map(Products(), R"([{"code":"A","products":[{"name":"x","stock":1}]}])").lines,
            "bad_shape: column `vendor` not in the answer, there is `code`, `products`");
  EXPECT_EQ(Map(Products(), R"([{"vendor":"A","products":[]}])").lines, "") << "no rows, nothing to miss";
}

TEST(RowMapperTest, ThreeLevelsAndKeys) {
  MetricConfig metric = Stock();
  metric.labels = {{"city", "../../$key"}, {"vendor", "../vendor"}, {"product", "$key"}};
  metric.value_column = "$value";
  const Outcome outcome =
      Map(Config({metric}, {RowShape::kList, "/cities", {"vendors", "products"}}), R"({"cities":{
    "HN":{"vendors":[{"vendor":"A","products":{"x":1,"y":2}},{"products":{"x":3},"vendor":"B"}]},
    "SG":{"vendors":[{"vendor":"A","products":{"x":4}}]}}})");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{city=\"HN\",vendor=\"A\",product=\"x\"} "
            "1\nvendor_stock{city=\"HN\",vendor=\"A\",product=\"y\"} 2\n"
            "vendor_stock{city=\"HN\",vendor=\"B\",product=\"x\"} "
            "3\nvendor_stock{city=\"SG\",vendor=\"A\",product=\"x\"} 4\n");
  EXPECT_EQ(outcome.report.rows, 4u);
  EXPECT_EQ(outcome.report.sample_rows.at(2), R"({"../../$key":"HN","../vendor":"B","$key":"x","$value":3})");
}

// ---- rows of any shape

MappingConfig Anywhere(std::vector<MetricConfig> metrics, RowsConfig rows = {}) {
  rows.shape = RowShape::kAny;
  return Config(std::move(metrics), std::move(rows));
}

// Without a `$key` that would say that the rows are members.
TEST(RowMapperTest, TheAnswerDecidesWhetherRowsAreMembers) {
  MetricConfig sum = Stock();
  sum.aggregate = Aggregate::kSum;
  const Outcome members = Map(Anywhere({sum}), R"({"p":{"stock":1,"vendor":"x"},"q":{"stock":2,"vendor":"x"},
    "r":{"stock":4,"vendor":"y"},"note":"of today"})");
  EXPECT_EQ(members.lines, "vendor_stock{vendor=\"x\"} 3\nvendor_stock{vendor=\"y\"} 4\n");
  EXPECT_EQ(members.report.rows, 4u);
  EXPECT_EQ(Rejected(members.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(members.report.sample_rows[0], R"({"$key":"p","stock":1,"vendor":"x"})");
  EXPECT_EQ(Map(Anywhere({sum}), R"([{"stock":1,"vendor":"x"},{"stock":2,"vendor":"x"}])").lines,
            "vendor_stock{vendor=\"x\"} 3\n");
  EXPECT_EQ(Map(Anywhere({sum}), "{}").lines, "") << "an object of no rows";
  EXPECT_EQ(Map(Anywhere({sum}), "[]").lines, "");
}

TEST(RowMapperTest, AnObjectWithoutARowIsRefused) {
  MetricConfig count = Stock();
  count.aggregate = Aggregate::kCount;
  count.value_column.clear();
  const std::string due =
      ", expected an array or an object of rows (of values if a metric asks for `$value`)";
  for (const MetricConfig& metric : {Stock(), count}) {
    for (const std::string_view body : {R"({"error":"x"})", R"({"error":"x","rows":[],"at":null})"}) {
      EXPECT_EQ(Map(Anywhere({metric}), body).lines,
                "bad_shape: the answer is an object of which no member is an object" + due);
    }
  }
  EXPECT_EQ(Map(Anywhere({Stock()}), R"({"error":"x"})").top.at("error"), "x");
  EXPECT_EQ(Map(Anywhere({Stock()}, {RowShape::kAny, "/data", {}}), R"({"data":{"a":1}})").lines,
            "bad_shape: `/data` is an object of which no member is an object" + due);
  EXPECT_EQ(Map(Anywhere({Stock()}), "7").lines,
            "bad_shape: the answer is a number, expected an array or an object of rows");
  MetricConfig flag = Stock();
  flag.labels = {};
  flag.value_column = "$value";
  EXPECT_EQ(Map(Anywhere({flag}), R"({"stock":3})").lines, "vendor_stock 3\n");
  EXPECT_EQ(Map(Anywhere({flag}), "[7]").lines, "vendor_stock 7\n") << "and so may an array";
}

TEST(RowMapperTest, NestedRowsMayBeMembersToo) {
  MappingConfig config = Products();
  config.rows.shape = RowShape::kAny;
  const Outcome outcome = Map(config, R"({"1":{"vendor":"A","products":{"x":{"name":"x","stock":1}}},
    "2":{"products":[{"name":"y","stock":2}],"vendor":"B"},"3":{"vendor":"C","products":{"error":"no"}}})");
  EXPECT_EQ(outcome.lines,
            "vendor_stock{vendor=\"A\",product=\"x\"} 1\nvendor_stock{vendor=\"B\",product=\"y\"} 2\n");
  EXPECT_EQ(Rejected(outcome.report, RowReason::kNotAnObject), 1u);
  EXPECT_EQ(outcome.report.sample_rows,
            (Texts{R"({"../$key":"1","../vendor":"A","$key":"x","name":"x","stock":1})",
                   R"({"../$key":"2","../vendor":"B","name":"y","stock":2})"}));
}

TEST(RowMapperTest, LabelsAndFiltersMayBeMissingInEveryRow) {
  MetricConfig metric = Stock();
  metric.labels = {{"vendor", "vendor"}, {"city", "town"}};
  metric.where = {{"state", {"on", ""}}};
  const Outcome outcome = Map(Anywhere({metric}), R"([{"vendor":"A","stock":1,"Town name":"x","zz":1}])");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\",city=\"\"} 1\n");
  EXPECT_EQ(outcome.report.notes,
            (Texts{"column `town` not in the answer, there is `Town name`; it counts as empty",
                   "column `state` not in the answer; it counts as empty"}));
  EXPECT_EQ(Map(Anywhere({metric}), R"([{"vendor":"A","stok":1}])").lines,
            "bad_shape: column `stock` not in the answer, there is `stok`");
}

TEST(RowMapperTest, NotesStayTheSameWhateverElseIsThere) {
  MetricConfig metric = Stock();
  metric.labels = {{"vendor", "a quite different name"}};
  const auto notes = [&](std::string_view body) { return Map(Anywhere({metric}), body).report.notes; };
  EXPECT_EQ(notes(R"([{"stock":"1","id":1}])"), notes(R"([{"stock":"2","no":1}])"));
  EXPECT_EQ(notes(R"([{"stock":"1"}])").size(), 2u);
}

// ---- ceilings

TEST(RowMapperTest, CeilingOfRows) {
  MappingConfig config = Config([](MetricConfig& m) { m.aggregate = Aggregate::kSum; });
  config.ceilings.max_rows = 3;
  std::string rows = R"([{"vendor":"A","stock":1},{"vendor":"A","stock":1},7)";
  EXPECT_EQ(Map(config, rows + "]").lines, "vendor_stock{vendor=\"A\"} 2\n");
  EXPECT_EQ(Map(config, rows + ",7]").lines,
            "too_large: more than 3 rows: let the upstream answer with fewer, or raise max_rows");
  EXPECT_EQ(Map(config, rows + R"(,{"vendor":"A","stock":1},{)").lines.substr(0, 9), "too_large")
      << "ends there";
}

TEST(RowMapperTest, CeilingOfSeries) {
  MetricConfig other = Stock();
  other.name = "vendor_other";
  MappingConfig config = Config({Stock(), other});
  config.ceilings.max_series = 4;
  const std::string rows = R"([{"vendor":"A","stock":1},{"vendor":"B","stock":1},{"vendor":"B","stock":1})";
  EXPECT_EQ(Map(config, rows + "]").report.series, 2u) << "those of B are ambiguous, and count all the same";
  EXPECT_EQ(Map(config, rows + R"(,{"vendor":"C","stock":1}])").lines,
            "too_large: more than 4 series: let the upstream answer with fewer, or raise max_series");
}

TEST(RowMapperTest, OneRowIsBoundedToo) {
  RowMapper mapper(Products());
  std::string piece;
  for (int i = 0; i < 1'000; ++i) piece += R"({"name":"a name of some length","stock":1},)";
  ASSERT_TRUE(mapper.Feed(R"([{"vendor":"A","products":[)"));
  Result<void> fed;
  for (int i = 0; fed && i < 10'000; ++i) fed = mapper.Feed(piece);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().message, "one row with those inside it takes more than 64 MiB");
  EXPECT_EQ(Name(fed.error().code), "too_large");
}

// ---- broken answers

TEST(RowMapperTest, CutAnswersGiveNothing) {
  const std::string body = R"([{"vendor":"A","stock":1},{"vendor":"B","stock":2}])";
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(MapInPieces(Config({Stock()}), std::string_view(body).substr(0, size), 7).lines.substr(0, 9),
              "bad_json:");
  }
  EXPECT_EQ(Map(Config({Stock()}), "<html>").lines,
            "bad_json: not JSON at byte 0: found '<', expected a value");
  EXPECT_EQ(Map(Config({Stock()}), "\xEF\xBB{}").lines,
            "bad_json: not JSON at byte 0: found byte 0xEF, expected a value");
}

TEST(RowMapperTest, AFailedQueryIsReported) {
  const std::string failed =
      R"({"database_id":1,"via":[{"status":"x","error":"inner"}],"error_type":"invalid-query","status":"failed",
    "error":"ERROR: relation \"foo\" does not exist","row_count":0,"data":{"rows":[],"error":"no"},"_status":500,"message":null})";
  const Outcome outcome = Map(Config({Stock()}), failed);
  EXPECT_EQ(outcome.lines, "bad_shape: the answer is an object, expected an array of rows");
  EXPECT_EQ(outcome.top,
            (std::map<std::string, std::string>{{"status", "failed"},
                                                {"error_type", "invalid-query"},
                                                {"error", "ERROR: relation \"foo\" does not exist"},
                                                {"_status", "500"}}));
  EXPECT_FALSE(outcome.appended);
}

TEST(RowMapperTest, AQueryThatFailedHalfwayIsReported) {
  const std::string rows = "[\n{\"vendor\":\"A\",\"stock\":1},\n{\"vendor\":\"B\",\"stock\":2}";
  const std::string failed =
      R"({"database_id":1,"via":[{}],"status":"failed","error":"Error reducing result rows: gone"})";
  for (const std::string end : {"", "\n]"}) {
    const Outcome outcome = Map(Config({Stock()}), rows + failed + end);
    EXPECT_EQ(outcome.lines, "bad_json: not JSON at byte 52: found '{', expected a comma or ]") << end;
    EXPECT_TRUE(outcome.appended);
    EXPECT_EQ(outcome.top, (std::map<std::string, std::string>{
                               {"status", "failed"}, {"error", "Error reducing result rows: gone"}}));
  }
  const Outcome none = Map(Config({Stock()}), R"([{"vendor":"A" {"status":"failed"}}])");
  EXPECT_FALSE(none.appended) << "only behind a row";
}

TEST(RowMapperTest, TopFieldsAreOfTheTopAndShort) {
  const Outcome outcome =
      Map(Config({Stock()}, {RowShape::kList, "/rows", {}}),
          R"({"rows":[{"vendor":"A","stock":1,"status":"no"}],"status":"completed","error":")" +
              std::string(5'000, 'e') + "\"}");
  EXPECT_EQ(outcome.lines, "vendor_stock{vendor=\"A\"} 1\n");
  EXPECT_EQ(outcome.top.at("status"), "completed");
  EXPECT_EQ(outcome.top.at("error"), std::string(1'024, 'e'));
}

// ---- for people

TEST(RowMapperTest, SamplesAreBounded) {
  MappingOptions options;
  options.sample_rows = 2;
  options.rejected_rows = 2;
  options.max_row_bytes = 60;
  RowMapper mapper(Config({Stock()}), options);
  ASSERT_TRUE(mapper.Feed(R"([{"vendor":")" + std::string(100, 'x') +
                          R"(","stock":"bad"},{"vendor":"A","stock":NaN},)"));
  ASSERT_TRUE(mapper.Feed(
      R"({"vendor":"B","stock":"bad"},{"vendor":"C","stock":"bad"},7,{"vendor":"D","stock":1}])"));
  const Result<Mapping> mapping = mapper.Finish();
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->report.sample_rows,
            (Texts{R"({"vendor":"A","stock":null})", R"({"vendor":"B","stock":"bad"})"}));
  ASSERT_EQ(mapping->report.rejected_rows.size(), 3u) << "two, and at least one of each reason";
  EXPECT_EQ(mapping->report.rejected_rows[0].row, R"({"vendor":")" + std::string(49, 'x'));
  EXPECT_EQ(mapping->report.rejected_rows[1].reason, RowReason::kNoValue);
  EXPECT_EQ(mapping->report.rejected_rows[2].reason, RowReason::kNotAnObject);
}

TEST(RowMapperTest, ReasonsAreAClosedSet) {
  EXPECT_EQ(RowReasons(),
            (Texts{"not_an_object", "too_deep", "no_value", "bad_value", "bad_label", "duplicate"}));
}

// ---- mappings that the loader refuses

TEST(RowMapperTest, ImpossibleMappings) {
  const auto failure = [](const MappingConfig& config) { return Map(config, "[]").lines; };
  EXPECT_EQ(failure(Config([](MetricConfig& m) { m.labels[0].column = "../vendor"; })),
            "config: vendor_stock: column '../vendor': there are no rows so far out");
  EXPECT_EQ(failure(Config([](MetricConfig& m) { m.value_column.clear(); })),
            "config: vendor_stock: no value column");
  EXPECT_EQ(failure(Config([](MetricConfig& m) {
              m.value_map = {{"on", "yes"}};
            })),
            "config: vendor_stock: 'yes' is not a number");
  EXPECT_EQ(failure(Config([](MetricConfig& m) { m.null_value = ""; })),
            "config: vendor_stock: '' is not a number");
  EXPECT_EQ(failure(Config([](MetricConfig& m) {
              m.static_labels = {{"vendor", "x"}};
            })),
            "config: vendor_stock: a label is given twice");
  EXPECT_EQ(failure(Config({Stock()}, {RowShape::kList, "data", {}})),
            "config: rows 'data': a JSON Pointer begins with /");
  MetricConfig other = Stock();
  other.labels = {};
  EXPECT_EQ(failure(Config({Stock(), other})), "config: vendor_stock: has other labels in another place");
}

}  // namespace
}  // namespace o2o

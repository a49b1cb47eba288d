// SPDX-License-Identifier: Apache-2.0
#include "config/mapping_loader.h"

#include <gtest/gtest.h>

#include "sources/json_source.h"
#include "sources/metabase/config.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

// A mapping on one line.
std::string Show(const MetricConfig& metric) {
  std::string text = metric.name + (metric.type == MetricType::kCounter ? " counter" : " gauge");
  for (const LabelFrom& label : metric.labels) text += " " + label.label + "=[" + label.column + "]";
  for (const auto& [label, value] : metric.static_labels) text += " " + label + "='" + value + "'";
  for (const RowFilter& filter : metric.where) {
    text += " where [" + filter.column + "]";
    for (const std::string& word : filter.in) text += " '" + word + "'";
    for (const std::string& word : filter.not_in) text += " not '" + word + "'";
    text += filter.gt ? " gt " + *filter.gt : "";
    text += filter.ge ? " ge " + *filter.ge : "";
    text += filter.lt ? " lt " + *filter.lt : "";
    text += filter.le ? " le " + *filter.le : "";
    text += filter.regex ? " regex " + *filter.regex : "";
  }
  text += " value [" + metric.value_column + "] aggregate " +
          std::to_string(static_cast<int>(metric.aggregate)) + " unit " +
          std::to_string(static_cast<int>(metric.unit));
  for (const auto& [word, number] : metric.value_map) text += " '" + word + "':" + number;
  text += metric.rest_value ? " rest " + *metric.rest_value : "";
  text += metric.null_value ? " null " + *metric.null_value : "";
  text += metric.skip_null ? " skip null" : "";
  text += metric.scale ? " scale " + *metric.scale : "";
  text += metric.decimal == DecimalMark::kComma ? " comma" : "";
  text += metric.timezone.name() == "UTC" ? "" : " zone " + metric.timezone.name();
  text += metric.newest_column.empty() ? "" : " newest [" + metric.newest_column + "]";
  return text + " duplicate " + std::to_string(static_cast<int>(metric.on_duplicate)) + " # " + metric.help;
}

// A JSON source with one metric by its keys.
std::string OneMetric(const std::string& keys) {
  return "sources:\n  - name: flags\n    json: {url: http://shop.test/flags}\n    metrics: [{name: flag_on, "
         "help: On., " +
         keys + "}]\n";
}

MetricConfig Metric(const std::string& keys) {
  const Config config = Load(OneMetric(keys));
  return Block<JsonSourceConfig>(config.sources.at(0)).mapping.metrics.at(0);
}

TEST(MappingLoaderTest, EveryKeyIsRead) {
  const Config config = Load(ReadFixture("good-sources.yml"), {{"CITY", "Hanoi"}, {"TENANT", "t"}});
  const MappingConfig& vendors = Block<MetabaseSourceConfig>(config.sources.at(0)).mapping;
  EXPECT_EQ(vendors.rows.pointer, "");
  EXPECT_EQ(vendors.rows.nested, (std::vector<std::string>{"shops", "shops"}));
  EXPECT_EQ(vendors.ceilings.max_rows, 3'000'000u);
  EXPECT_EQ(vendors.ceilings.max_series, 4u);
  EXPECT_EQ(vendors.ceilings.max_label_bytes, 5u);
  EXPECT_EQ(vendors.ceilings.max_published_bytes, 6'000u);
  ASSERT_EQ(vendors.metrics.size(), 3u);
  EXPECT_EQ(Show(vendors.metrics[0]),
            "vendor_sales_total counter vendor_code=[../../Vendor Code] shop=[../Shop] product=[Product] "
            "currency='VND' "
            "where [State] 'sold' where [Kind] 'a b' '1' value [Amount] aggregate 0 unit 1 'none':0 "
            "'null':-1e3 'some "
            "more':1.50 null 0 duplicate 3 # Sales: all of them.");
  EXPECT_EQ(Show(vendors.metrics[1]), "vendor_rows gauge value [] aggregate 1 unit 0 duplicate 0 # Rows.");
  EXPECT_EQ(Show(vendors.metrics[2]),
            "vendor_latest_seconds gauge value [Changed At] aggregate 4 unit 2 duplicate 0 # Newest.");
  const MappingConfig& flags = Block<JsonSourceConfig>(config.sources.at(1)).mapping;
  EXPECT_EQ(flags.rows.pointer, "/data/a~1b/0");
  ASSERT_EQ(flags.metrics.size(), 2u);
  EXPECT_EQ(Show(flags.metrics[0]),
            "feature_flag gauge flag=[$key] value [$value] aggregate 0 unit 0 duplicate 0 # On.");
  EXPECT_EQ(Show(flags.metrics[1]),
            "feature_flag_old gauge flag=[$key] value [$value] aggregate 0 unit 0 duplicate 0 # On.");
  EXPECT_TRUE(config.warnings.empty());
}

TEST(MappingLoaderTest, ConditionsAndRulesForValuesAreRead) {
  EXPECT_EQ(
      Show(Metric("value: v, where: {a: {not: x}, b: {not: ['', y], gt: 1, le: 2.5}, c: {ge: -1, lt: 1e3}, "
                  "d: {regex: 'V[0-9]+'}, e: today}, values: {ok: 1, '*': 0}, null: skip, scale: 0.01, "
                  "decimal: ',', timezone: +07:00, pick: {newest: Day}")),
      "flag_on gauge where [a] not 'x' where [b] not '' not 'y' gt 1 le 2.5 where [c] ge -1 lt 1e3 where [d] "
      "regex V[0-9]+ where [e] 'today' value [v] aggregate 0 unit 0 'ok':1 rest 0 skip null scale 0.01 comma "
      "zone +07:00 newest [Day] duplicate 0 # On.");
}

TEST(MappingLoaderTest, ZoneAndDecimalMarkAreOfTheSourceUnlessAMetricSaysOtherwise) {
  const Config config = Load(
      "sources:\n  - name: flags\n    json: {url: http://shop.test/flags}\n    timezone: Asia/Ho_Chi_Minh\n"
      "    decimal: \",\"\n    metrics:\n      - {name: a, help: A., value: v}\n"
      "      - {name: b, help: B., value: v, timezone: UTC, decimal: .}\n");
  const MappingConfig& mapping = Block<JsonSourceConfig>(config.sources.at(0)).mapping;
  EXPECT_EQ(Show(mapping.metrics.at(0)),
            "a gauge value [v] aggregate 0 unit 0 comma zone Asia/Ho_Chi_Minh duplicate 0 # A.");
  EXPECT_EQ(Show(mapping.metrics.at(1)), "b gauge value [v] aggregate 0 unit 0 duplicate 0 # B.");
}

TEST(MappingLoaderTest, WordsAreRead) {
  EXPECT_EQ(Metric("value: v, aggregate: sum").aggregate, Aggregate::kSum);
  EXPECT_EQ(Metric("value: v, aggregate: min").aggregate, Aggregate::kMin);
  EXPECT_EQ(Metric("value: v, aggregate: avg").aggregate, Aggregate::kAvg);
  EXPECT_EQ(Metric("aggregate: count").aggregate, Aggregate::kCount);
  EXPECT_EQ(Metric("value: v, on_duplicate: error").on_duplicate, DuplicatePolicy::kError);
  EXPECT_EQ(Metric("value: v, on_duplicate: first").on_duplicate, DuplicatePolicy::kFirst);
  EXPECT_EQ(Metric("value: v, on_duplicate: last").on_duplicate, DuplicatePolicy::kLast);
  EXPECT_EQ(Metric("value: v, on_duplicate: max").on_duplicate, DuplicatePolicy::kMax);
  EXPECT_EQ(Metric("value: v, unit: number").unit, ValueUnit::kNumber);
  EXPECT_EQ(Metric("value: v, type: gauge").type, MetricType::kGauge);
}

TEST(MappingLoaderTest, DefaultsAreThoseOfTheStructs) {
  const Config config = Load(OneMetric("value: v"));
  const MappingConfig& mapping = Block<JsonSourceConfig>(config.sources.at(0)).mapping;
  EXPECT_EQ(mapping.ceilings.max_rows, RowCeilings().max_rows);
  EXPECT_EQ(mapping.ceilings.max_series, RowCeilings().max_series);
  EXPECT_EQ(mapping.ceilings.max_label_bytes, RowCeilings().max_label_bytes);
  EXPECT_EQ(mapping.ceilings.max_published_bytes, RowCeilings().max_published_bytes);
  EXPECT_EQ(Show(mapping.metrics.at(0)), "flag_on gauge value [v] aggregate 0 unit 0 duplicate 0 # On.");
}

TEST(MappingLoaderTest, LabelsOfTargetsAreWarnedOf) {
  const Config config = Load(OneMetric("labels: {env: a, flag: b}, static_labels: {region: x}, value: v"));
  EXPECT_EQ(config.warnings,
            (std::vector<std::string>{
                "test.yml:4:51: sources[0].metrics[0].labels.env: is often a label of the target, and then "
                "arrives in "
                "Prometheus as exported_env, another name avoids that, like flag_env",
                "test.yml:4:85: sources[0].metrics[0].static_labels.region: is often a label of the target, "
                "and then "
                "arrives in Prometheus as exported_region, another name avoids that, like flag_region"}));
}

TEST(MappingLoaderTest, TwoSourcesMayFeedOneFamilyIfAStaticLabelDistinguishesThem) {
  const std::string text =
      "sources:\n"
      "  - name: first\n    json: {url: http://a.test}\n"
      "    metrics: [{name: flag_on, help: On., labels: {b: x}, static_labels: {a: first, c: all}, value: "
      "v}]\n"
      "  - name: second\n    json: {url: http://b.test}\n"
      "    metrics: [{name: flag_on, help: On., labels: {b: $key}, static_labels: {c: all, a: second}, "
      "aggregate: count}]\n";
  EXPECT_EQ(Load(text).sources.size(), 2u);
}

TEST(MappingLoaderTest, MetricsOfOneSourceMayBeOneFamily) {
  const std::string text =
      "sources:\n"
      "  - name: vendors\n    json: {url: http://a.test}\n"
      "    metrics:\n"
      "      - {name: products, help: P., labels: {vendor: v}, static_labels: {state: on}, value: Active}\n"
      "      - {name: products, help: P., labels: {vendor: v}, static_labels: {state: off}, value: Paused}\n";
  EXPECT_EQ(Block<JsonSourceConfig>(Load(text).sources.at(0)).mapping.metrics.size(), 2u);
}

// Two ways to the same numbers, of which a variable turns one on.
TEST(MappingLoaderTest, ADisabledSourceConflictsWithNothing) {
  const std::string source =
      "    json: {url: http://a.test}\n    metrics: [{name: flag_on, help: On., value: v}]\n";
  const Config config = Load("sources:\n  - name: old\n    enabled_if: ${OLD:-}\n" + source +
                                 "  - name: new\n    enabled_if: ${NEW:-}\n" + source,
                             {{"NEW", "1"}});
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].name, "new");
}

TEST(MappingLoaderTest, WhereMayAskForTheEmptyText) {
  EXPECT_EQ(Metric("value: v, where: {kind: \"\"}").where.at(0).in, std::vector<std::string>{""});
  EXPECT_EQ(Metric("value: v, where: {kind: [sold, '']}").where.at(0).in,
            (std::vector<std::string>{"sold", ""}));
}

// A JSON source with these rows and one metric by its keys.
std::string WithRows(const std::string& rows, const std::string& keys) {
  return "sources:\n  - name: flags\n    json: {url: http://shop.test/flags}\n    rows: " + rows +
         "\n    metrics: [{name: flag_on, help: On., " + keys + "}]\n";
}

TEST(MappingLoaderTest, RowsAre) {
  const auto is = [](const std::string& rows) {
    return Block<JsonSourceConfig>(Load(WithRows(rows, "value: n")).sources.at(0)).mapping.rows.is;
  };
  EXPECT_EQ(is("{}"), RowsAre::kRows);
  EXPECT_EQ(is("{is: rows}"), RowsAre::kRows);
  EXPECT_EQ(is("{is: row}"), RowsAre::kRow);
  EXPECT_EQ(is("{is: pairs}"), RowsAre::kPairs);
  EXPECT_EQ(
      Mistakes(WithRows("{is: object}", "value: n"), "f.yml"),
      (std::vector<std::string>{
          "f.yml:4:16: sources[0].rows.is: \"object\" is not a shape of rows, want rows, row or pairs"}));
  EXPECT_EQ(
      Mistakes("sources:\n  - name: q\n    metabase: {url: http://m.test, api_key: k, question: 1}\n"
               "    rows: {is: row}\n    metrics: [{name: n, help: N., value: n}]\n",
               "f.yml"),
      (std::vector<std::string>{"f.yml:4:16: sources[0].rows.is: \"row\" is not for Metabase, whose answer "
                                "is the list of rows, remove it"}));
}

TEST(MappingLoaderTest, PointersAreChecked) {
  EXPECT_EQ(Mistakes(WithRows("{nested: [/a~2]}", "value: /b~"), "f.yml"),
            (std::vector<std::string>{"f.yml:4:12: sources[0].rows.nested: holds '/a~2', which is not a JSON "
                                      "Pointer: want ~1 for / and ~0 "
                                      "for ~",
                                      "f.yml:5:49: sources[0].metrics[0].value: \"/b~\" is not a JSON "
                                      "Pointer into the row, want one like "
                                      "/total/amount (with ~1 for / and ~0 for ~)"}));
}

TEST(MappingLoaderTest, OneRowHasNeitherKeyNorPlace) {
  for (const std::string column : {"$key", "$index"}) {
    EXPECT_EQ(Mistakes(WithRows("{is: row}", "labels: {l: " + column + "}, value: n"), "f.yml"),
              (std::vector<std::string>{
                  "f.yml:5:54: sources[0].metrics[0].labels.l: \"" + column +
                  "\" is of one row among others, and rows.is is row: want a column of it, or "
                  "$value"}));
  }
}

TEST(MappingLoaderTest, AMetricMayHaveRowsOfItsOwn) {
  const MetricConfig metric =
      Metric("rows: {pointer: /summary, is: row}, labels: {region: $/meta/region}, value: n");
  ASSERT_TRUE(metric.rows);
  EXPECT_EQ(metric.rows->pointer, "/summary");
  EXPECT_EQ(metric.rows->is, RowsAre::kRow);
  EXPECT_EQ(metric.rows->shape, RowShape::kAny);
  EXPECT_FALSE(Metric("value: n").rows);
  EXPECT_EQ(Mistakes(OneMetric("rows: {nested: [items]}, value: ../../n"), "f.yml"),
            (std::vector<std::string>{
                "f.yml:4:74: sources[0].metrics[0].value: \"../../n\" reaches above the outermost "
                "row, want ../ no more than 1 time"}));
}

TEST(MappingLoaderTest, OnlyLabelsAreFromElsewhere) {
  EXPECT_EQ(Mistakes(OneMetric("value: $/n"), "f.yml"),
            (std::vector<std::string>{
                "f.yml:4:49: sources[0].metrics[0].value: \"$/n\" is of the whole answer, which "
                "only a label can be, want a column of the row"}));
  EXPECT_EQ(
      Mistakes(OneMetric("labels: {l: $/a~}, value: n"), "f.yml"),
      (std::vector<std::string>{"f.yml:4:54: sources[0].metrics[0].labels.l: \"$/a~\" is not a JSON Pointer "
                                "behind the $, want one like $/meta/region (with ~1 for / and ~0 for ~)"}));
}

TEST(MappingLoaderTest, PivotedColumns) {
  const MetricConfig metric =
      Metric("columns: {label: hour, match: '[0-2][0-9]'}, labels: {branch: b}, value: $value");
  EXPECT_EQ(metric.pivot, "[0-2][0-9]");
  ASSERT_EQ(metric.labels.size(), 2u);
  EXPECT_EQ(metric.labels[1].label, "hour");
  EXPECT_EQ(metric.labels[1].column, "$column");
  EXPECT_EQ(Mistakes(OneMetric("columns: {label: hour, match: '['}, value: n"), "f.yml").size(), 2u);
  EXPECT_EQ(Mistakes(OneMetric("columns: {label: b, match: x}, labels: {b: b}, value: $value"), "f.yml"),
            (std::vector<std::string>{
                "f.yml:4:59: sources[0].metrics[0].columns.label: \"b\" appears among the labels "
                "too, give each label once"}));
  EXPECT_EQ(Mistakes("sources:\n  - name: q\n    metabase: {url: http://m.test, api_key: k, question: 1}\n"
                     "    metrics: [{name: n, help: N., columns: {label: h, match: x}, value: $value}]\n",
                     "f.yml"),
            std::vector<std::string>());
}

TEST(MappingLoaderTest, LinesAreTheRows) {
  const auto load = [](const std::string& rows, const std::string& labels) {
    return "sources:\n  - name: flags\n    json: {url: http://shop.test/flags, format: ndjson}\n    rows: " +
           rows + "\n    metrics: [{name: flag_on, help: On., labels: " + labels + ", value: n}]\n";
  };
  EXPECT_TRUE(Block<JsonSourceConfig>(Load(load("{}", "{}")).sources.at(0)).mapping.rows.lines);
  for (const auto& [rows, labels] :
       {std::pair("{pointer: /a}", "{}"), std::pair("{is: row}", "{}"), std::pair("{}", "{l: $/meta}")}) {
    EXPECT_EQ(Mistakes(load(rows, labels), "f.yml"),
              (std::vector<std::string>{
                  "f.yml:3:49: sources[0].json.format: \"ndjson\" has a row on each line, and no "
                  "document around them: remove rows.pointer, rows.is: row, columns that begin "
                  "with $/, and pages.next unless it is link"}));
  }
}

TEST(MappingLoaderTest, Histograms) {
  const MetricConfig metric = Metric("type: histogram, le: Up To, buckets: cumulative, value: n, sum: s");
  EXPECT_EQ(metric.type, MetricType::kHistogram);
  ASSERT_TRUE(metric.histogram);
  EXPECT_EQ(metric.histogram->le, "Up To");
  EXPECT_TRUE(metric.histogram->cumulative);
  EXPECT_EQ(metric.histogram->sum, "s");
  EXPECT_FALSE(Metric("type: histogram, le: l, buckets: each, value: n").histogram->cumulative);
  EXPECT_EQ(Mistakes(OneMetric("type: histogram, value: n"), "f.yml").size(), 2u)
      << "le and buckets are missing";
  EXPECT_EQ(Mistakes(OneMetric("le: l, buckets: each, sum: s, value: n"), "f.yml").size(), 3u);
  EXPECT_EQ(
      Mistakes(OneMetric("type: histogram, le: l, buckets: each, aggregate: sum, value: n"), "f.yml").size(),
      1u);
}

}  // namespace
}  // namespace o2o

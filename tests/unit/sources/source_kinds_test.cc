// SPDX-License-Identifier: Apache-2.0
#include "sources/source_kinds.h"

#include <gtest/gtest.h>

#include "sources/json_source.h"
#include "sources/metabase/config.h"
#include "sources/oms/config.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

// A Metabase source by the lines of its block.
std::string Metabase(const std::string& lines, const std::string& more = "") {
  return "sources:\n  - name: vendors\n" + more + "    metabase: {url: http://metabase.test, question: 1, " +
         lines + "}\n    metrics: [{name: vendor_online, help: Online., value: Status}]\n";
}

std::string Json(const std::string& lines) {
  return "sources:\n  - name: flags\n    json: {url: http://shop.test/flags, " + lines +
         "}\n    metrics: [{name: flag_on, help: On., value: $value}]\n";
}

// App and probe know no other.
TEST(SourceKindsTest, EveryKindIsMappedOrTheOmsThatNeedsAStore) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  for (const SourceKind& kind : SourceKinds()) {
    Reading reading{nothing, "", {}};
    FamilyNames families;
    const std::string name;
    MapReader source(reading, nullptr, "", {});
    const auto config = kind.read(MapReader(reading, nullptr, "", {}), {source, name, families});
    const bool mapped = dynamic_cast<const MappedSourceConfig*>(config.get()) != nullptr;
    const bool oms = dynamic_cast<const OmsSourceConfig*>(config.get()) != nullptr;
    EXPECT_EQ(mapped, !kind.needs_store) << kind.key;
    EXPECT_EQ(oms, kind.needs_store) << kind.key;
  }
}

TEST(SourceKindsTest, EmptyIsAsGoodAsNotGiven) {
  const Config config = Load(Metabase("username: '', password: '', api_key: k, proxy: '${PROXY:-}'"));
  EXPECT_EQ(Block<MetabaseSourceConfig>(config, "vendors").api_key, Secret("k"));
  EXPECT_EQ(Block<MetabaseSourceConfig>(config, "vendors").proxy.url, "");
  EXPECT_TRUE(config.warnings.empty());
  const Config json = Load(Json("bearer_token: '${TOKEN:-}', basic_auth: {username: u, password: p}"));
  EXPECT_EQ(Block<JsonSourceConfig>(json, "flags").username, "u");
}

TEST(SourceKindsTest, SourceThatIsOffNeedsNoVariables) {
  const Config config =
      Load(Metabase("username: '${U}', password_file: '${F}', api_key: '${K}', parameters: [{value: '${P}'}]",
                    "    enabled_if: ${U:-}\n") +
           "  - name: flags\n    enabled_if: no\n    json: {url: '${URL}', headers: {X: '${X}'}, "
           "headers_file: {Y: none}, "
           "basic_auth: {username: '${U}', password: '${P}'}}\n"
           "    metrics: [{name: flag_on, help: On., labels: {env: a, x: $XY}, value: $value}]\n");
  EXPECT_EQ(config.disabled, (std::vector<std::string>{"vendors", "flags"}));
  EXPECT_TRUE(config.warnings.empty());
}

TEST(SourceKindsTest, ShippedDefaultAsksThreeQuestions) {
  const Config config = Load(
      std::string(DefaultConfigText()),
      {{"METABASE_URL", "http://metabase.test/"}, {"METABASE_USERNAME", "u"}, {"METABASE_PASSWORD", "p"}});
  EXPECT_EQ(config.disabled, std::vector<std::string>{"orders"});
  EXPECT_FALSE(config.store);
  EXPECT_TRUE(config.warnings.empty());
  struct Expected {
    std::string source;
    Millis interval;
    std::int64_t question;
    std::string metric;
    std::vector<std::string> labels;
  };
  const Expected expected[] = {
      {"vendor-status", Millis(185'000), 7163, "vendor_online", {"vendor_code", "vendor_name"}},
      {"vendor-product-status",
       Millis(190'000),
       7196,
       "vendor_products",
       {"vendor_code", "vendor_name", "state"}},
      {"discount-stock",
       Millis(180'000),
       7179,
       "vendor_discount_stock",
       {"vendor_code", "vendor_name", "product"}},
  };
  ASSERT_EQ(config.sources.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const SourceConfig& source = config.sources[i];
    const auto& metabase = Block<MetabaseSourceConfig>(source);
    EXPECT_EQ(source.name, expected[i].source);
    EXPECT_EQ(source.interval, expected[i].interval);
    EXPECT_EQ(source.timeout, Millis(60'000));
    EXPECT_EQ(metabase.url, "http://metabase.test");
    EXPECT_EQ(metabase.username, "u");
    EXPECT_EQ(metabase.password, Secret("p"));
    EXPECT_EQ(metabase.question, expected[i].question);
    ASSERT_EQ(metabase.mapping.metrics.size(), 1u);
    EXPECT_EQ(metabase.mapping.metrics[0].name, expected[i].metric);
    std::vector<std::string> labels;
    for (const LabelFrom& label : metabase.mapping.metrics[0].labels) labels.push_back(label.label);
    EXPECT_EQ(labels, expected[i].labels);
  }
}

TEST(SourceKindsTest, ShippedDefaultGoesByTheVariables) {
  const Config config = Load(std::string(DefaultConfigText()), {{"METABASE_URL", "http://metabase.test"},
                                                                {"METABASE_API_KEY", "k"},
                                                                {"QUESTION_ID_VENDOR_STATUS", "1"},
                                                                {"QUESTION_ID_VENDOR_PRODUCT_STATUS", "2"},
                                                                {"QUESTION_ID_DISCOUNT_STOCK", "3"},
                                                                {"VENDOR_STATUS_JOB_INTERVAL", "201"},
                                                                {"VENDOR_PRODUCT_STATUS_JOB_INTERVAL", "202"},
                                                                {"DISCOUNT_STOCK_JOB_INTERVAL", "5m"}});
  ASSERT_EQ(config.sources.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(Block<MetabaseSourceConfig>(config.sources[i]).question, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(Block<MetabaseSourceConfig>(config.sources[i]).api_key, Secret("k"));
  }
  EXPECT_EQ(config.sources[0].interval, Millis(201'000));
  EXPECT_EQ(config.sources[1].interval, Millis(202'000));
  EXPECT_EQ(config.sources[2].interval, Millis(300'000));
  EXPECT_TRUE(config.warnings.empty());
}

TEST(SourceKindsTest, ShippedDefaultTakesAShortInterval) {
  const Config config = Load(std::string(DefaultConfigText()), {{"METABASE_URL", "http://metabase.test"},
                                                                {"METABASE_API_KEY", "k"},
                                                                {"VENDOR_STATUS_JOB_INTERVAL", "30"},
                                                                {"VENDOR_PRODUCT_STATUS_JOB_INTERVAL", "1"},
                                                                {"DISCOUNT_STOCK_JOB_INTERVAL", "60"}});
  ASSERT_EQ(config.sources.size(), 3u);
  EXPECT_EQ(config.sources[0].timeout, Millis(20'000));
  EXPECT_EQ(config.sources[1].timeout, Millis(666));
  EXPECT_EQ(config.sources[2].timeout, Millis(40'000));
}

TEST(SourceKindsTest, ShippedDefaultReportsMissingCredentials) {
  const std::vector<std::string> mistakes =
      Mistakes(DefaultConfigText(), "default.yml", {{"METABASE_URL", "http://metabase.test"}});
  ASSERT_EQ(mistakes.size(), 3u);
  EXPECT_NE(mistakes[0].find(
                ": sources[1].metabase.username: \"${METABASE_USERNAME:-}\" is empty, want username with "
                "password (or password_file), or api_key (or api_key_file)"),
            std::string::npos)
      << mistakes[0];
}

TEST(SourceKindsTest, NoMistakeRevealsASecret) {
  const Variables secrets = {{"KEY", "hunter2"}};
  const std::string texts[] = {
      Metabase("username: '', password: hunter2, proxy: 'hunter2', max_body: '${KEY}', parameters: '${KEY}'"),
      Metabase("username: hunter2"),
      Metabase("api_key: hunter2, api_key_file: hunter2x, question: '${KEY}'"),
      Json("method: '${KEY}', body: hunter2, headers: {'x y': hunter2, Host: hunter2, X: \"hunter2\\n\"}"),
      Json("bearer_token: hunter2, basic_auth: {username: '${KEY}:', password: hunter2}"),
      Json("bearer_token_file: hunter2"),
      Json("basic_auth: {username: 'u:hunter2', password: x}"),
      Json("basic_auth:hunter2: 1"),
      Json("'headers=hunter2': {}"),
      Json("'headers hunter2': {}"),
      Json("headers: {'Authorization: Bearer hunter2': x, 'X=hunter2': y}"),
      "store:\n  host=h password=hunter2:\nsources: []\n",
      "store:\n  {host=h password=hunter2: 1, host=h password=hunter2: 2}\nsources: []\n",
      "sources:\n  - name: o\n    oms:\n      url: http://127.0.0.1:1\n      api_key:hunter2\n",
      "sources:\n  - name: o\n    oms:\n      url: http://127.0.0.1:1\n      api_key:hunter2: x\n",
      "sources:\n  - name: a\n    json: {url: 'http://h/?key=hunter2#x', bearer_token: [hunter2]}\n    "
      "metrics: "
      "[{name: '${KEY}.', help: \"${KEY}\\n\", values: {on: '${KEY}'}, unit: '${KEY}', value: '${KEY}'}]\n",
  };
  for (const std::string& text : texts) {
    const std::vector<std::string> mistakes = Mistakes(text, "test.yml", secrets);
    EXPECT_FALSE(mistakes.empty()) << text;
    for (const std::string& mistake : mistakes) {
      EXPECT_EQ(mistake.find("hunter2"), std::string::npos) << mistake;
    }
  }
}

TEST(SourceKindsTest, BareVariablesAreWarnedOf) {
  const Config config = Load(Json("bearer_token: a$TOKEN, headers: {X: $key, Y: $$TOKEN}"));
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0],
            "test.yml:3:55: sources[0].json.bearer_token: a $ before a name is taken literally, write "
            "${NAME} for a "
            "variable, or $$NAME");
  EXPECT_EQ(Block<JsonSourceConfig>(config, "flags").bearer_token, Secret("a$TOKEN"));
}

}  // namespace
}  // namespace o2o

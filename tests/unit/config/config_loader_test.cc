// SPDX-License-Identifier: Apache-2.0
#include "config/config_loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <type_traits>

#include "sources/oms/config.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

static_assert(!std::is_constructible_v<ValidatedConfig, Config>, "only the loader makes one");

const OmsSourceConfig& Oms(const Config& config) { return Block<OmsSourceConfig>(config.sources.at(0)); }

TEST(ConfigLoaderTest, NoMistakeRevealsASecret) {
  const Variables secrets = {{"KEY", "hunter2"}, {"DSN", "host=db password=hunter2"}};
  const std::string texts[] = {
      "store: {dsn: \"${DSN}\"}\nsources:\n  - name: ${KEY}\n    interval: ${KEY}\n    oms: {url: "
      "\"${KEY}\", api_key: \"${KEY}\", "
      "timezone: \"${KEY}\", limit: \"${KEY}\", max_body: \"${KEY}\", tls: {ca_file: \"${KEY}\", "
      "insecure_skip_verify: \"${KEY}\"}}\n",
      "store: host=db password=hunter2\nsources: hunter2\n",
      "store: {dsn: [hunter2], dsn_file: {hunter2: hunter2}}\nsources:\n  - hunter2\n",
      "store: {dsn_file: \"${KEY}\"}\nsources:\n  - name: a\n    oms: {url: \"http://u:hunter2@h\", "
      "api_key_file: secret-two-lines.txt}\n",
      "store: {dsn: hunter2, dsn_file: x}\nsources:\n  - name: a\n    oms: {url: \"https://h?k=hunter2\", "
      "api_key: \"hunter2\\n\"}\n",
  };
  for (const std::string& text : texts) {
    const std::vector<std::string> mistakes = Mistakes(text, "test.yml", secrets);
    EXPECT_FALSE(mistakes.empty());
    for (const std::string& mistake : mistakes)
      EXPECT_EQ(mistake.find("hunter2"), std::string::npos) << mistake;
  }
}

TEST(ConfigLoaderTest, MinimalFileHasTheDefaults) {
  const Config config = Load(ReadFixture("minimal.yml"));
  EXPECT_EQ(config.web.listen_address, ":9847");
  EXPECT_EQ(config.web.max_requests, 40);
  ASSERT_TRUE(config.store);
  EXPECT_EQ(config.store->dsn.Current(), Secret("host=db"));
  EXPECT_EQ(config.store->statement_timeout, Millis(30'000));
  EXPECT_EQ(config.orders.statuses.size(), 7u);
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].name, "orders");
  EXPECT_EQ(config.sources[0].interval, Millis(15'000));
  EXPECT_EQ(config.sources[0].timeout, Millis(10'000));
  EXPECT_EQ(config.sources[0].stale_after, Millis(45'000));
  EXPECT_EQ(Oms(config).url, "http://oms.test");
  EXPECT_EQ(Oms(config).api_key, Secret("k"));
  EXPECT_EQ(Oms(config).overlap, Millis(120'000));
}

TEST(ConfigLoaderTest, EveryKeyIsRead) {
  const Config config =
      Load(ReadFixture("good.yml"), {{"OMS_URL", "https://oms.test:8443"}, {"OMS_API_KEY", "$x: y"}});
  EXPECT_EQ(config.web.listen_address, "127.0.0.1:19847");
  EXPECT_EQ(config.web.max_requests, 4);
  ASSERT_TRUE(config.store);
  EXPECT_EQ(config.store->dsn.Current(), Secret("host=db password=from-a-file"));
  EXPECT_EQ(config.store->connect_timeout, Millis(6'000));
  EXPECT_EQ(config.store->statement_timeout, Millis(31'000));
  EXPECT_EQ(config.store->lock_timeout, Millis(1'500));
  EXPECT_EQ(config.store->rejected_rows.max_rows, 5);
  EXPECT_EQ(config.store->rejected_rows.max_payload_bytes, 1024u);
  EXPECT_EQ(config.store->rejected_rows.retention, Millis(std::chrono::days(7)));
  EXPECT_EQ(config.orders.order_types, (std::vector<std::string>{"take away", "delivery"}));
  EXPECT_EQ(config.orders.statuses,
            (std::vector<StatusRule>{{"NEW", Outcome::kOpen, std::chrono::seconds(90)},
                                     {"OPEN", Outcome::kOpen, std::nullopt},
                                     {"DONE", Outcome::kCompleted, std::nullopt},
                                     {"LOST", Outcome::kFailed, std::nullopt}}));
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].name, "orders-2");
  EXPECT_EQ(config.sources[0].interval, Millis(20'000));
  EXPECT_EQ(config.sources[0].timeout, Millis(1'000));
  EXPECT_EQ(config.sources[0].stale_after, Millis(600'000));
  const OmsSourceConfig& oms = Oms(config);
  EXPECT_EQ(oms.url, "https://oms.test:8443/shop");
  EXPECT_EQ(oms.api_key, Secret("a$b$x: y"));
  EXPECT_EQ(oms.timezone.ToUtc(std::chrono::local_days{std::chrono::year(2026) / 1 / 1}),
            Timestamp(std::chrono::sys_days{std::chrono::year(2026) / 1 / 1}) - std::chrono::hours(7));
  EXPECT_EQ(oms.overlap, Millis(180'000));
  EXPECT_EQ(oms.initial_lookback, Millis(86'400'000));
  EXPECT_EQ(oms.limit, 10);
  EXPECT_EQ(oms.max_limit, 20);
  EXPECT_EQ(oms.max_body_bytes, 1'000'000u);
  EXPECT_EQ(oms.tls.ca_file, kData + "/secret.txt");
  EXPECT_EQ(oms.tls.client_cert_file, kData + "/secret.txt");
  EXPECT_EQ(oms.tls.client_key_file, "");
  EXPECT_TRUE(oms.tls.insecure_skip_verify);
  EXPECT_EQ(config.disabled, std::vector<std::string>{"later"});
}

TEST(ConfigLoaderTest, ShippedDefaultNeedsThreeVariables) {
  const Variables all = {{"OMS_URL", "http://oms.test"}, {"OMS_API_KEY", "k"}, {"PG_DSN", "host=db"}};
  const Config config = Load(std::string(DefaultConfigText()), all);
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].name, "orders");
  EXPECT_TRUE(config.store);
  EXPECT_TRUE(config.warnings.empty());
  const std::vector<std::string> mistakes =
      Mistakes(DefaultConfigText(), "default.yml", {{"OMS_URL", "http://oms.test"}});
  ASSERT_EQ(mistakes.size(), 2u);
  EXPECT_NE(mistakes[0].find(": store.dsn: PG_DSN is not set, set it or use dsn_file"), std::string::npos);
  EXPECT_NE(mistakes[1].find(": sources[0].oms.api_key: OMS_API_KEY is not set, set it or use api_key_file"),
            std::string::npos);
  EXPECT_EQ(Load(std::string(DefaultConfigText()), {{"APP_PORT", "0"}}).web.listen_address, ":0");
}

TEST(ConfigLoaderTest, ShippedDefaultWithoutVariablesHasNothingOn) {
  const Config config = Load(std::string(DefaultConfigText()));
  EXPECT_TRUE(config.sources.empty());
  EXPECT_EQ(config.disabled,
            (std::vector<std::string>{"orders", "vendor-status", "vendor-product-status", "discount-stock"}));
  EXPECT_FALSE(config.store);
  EXPECT_TRUE(Load(std::string(DefaultConfigText()), {{"PG_DSN", "host=db"}}).store);
}

TEST(ConfigLoaderTest, ShippedDefaultShowsTheDefaultsOfTheStructs) {
  const Config config = Load(std::string(DefaultConfigText()),
                             {{"OMS_URL", "http://oms.test"}, {"OMS_API_KEY", "k"}, {"PG_DSN", "host=db"}});
  const WebConfig web;
  EXPECT_EQ(config.web.listen_address, web.listen_address);
  EXPECT_EQ(config.web.max_requests, web.max_requests);
  const StoreConfig store;
  ASSERT_TRUE(config.store);
  EXPECT_EQ(config.store->connect_timeout, store.connect_timeout);
  EXPECT_EQ(config.store->statement_timeout, store.statement_timeout);
  EXPECT_EQ(config.store->lock_timeout, store.lock_timeout);
  EXPECT_EQ(config.store->rejected_rows.max_rows, store.rejected_rows.max_rows);
  EXPECT_EQ(config.store->rejected_rows.max_payload_bytes, store.rejected_rows.max_payload_bytes);
  EXPECT_EQ(config.store->rejected_rows.retention, store.rejected_rows.retention);
  const OrdersConfig orders;
  EXPECT_EQ(config.orders.order_types, orders.order_types);
  EXPECT_EQ(config.orders.statuses, orders.statuses);
  const SourceConfig source;
  ASSERT_EQ(config.sources.size(), 1u);
  EXPECT_EQ(config.sources[0].interval, source.interval);
  EXPECT_EQ(config.sources[0].timeout, source.timeout);
  const OmsSourceConfig oms;
  EXPECT_EQ(Oms(config).overlap, oms.overlap);
  EXPECT_EQ(Oms(config).initial_lookback, oms.initial_lookback);
  EXPECT_EQ(Oms(config).limit, oms.limit);
  EXPECT_EQ(Oms(config).max_limit, oms.max_limit);
  EXPECT_EQ(Oms(config).max_body_bytes, oms.max_body_bytes);
  EXPECT_EQ(Oms(config).tls.insecure_skip_verify, oms.tls.insecure_skip_verify);
}

TEST(ConfigLoaderTest, TimeoutGoesWithTheInterval) {
  const auto timeout = [](const std::string& rhythm) {
    return Load("sources:\n  - name: flags\n    " + rhythm +
                "\n    json: {url: http://a.test}\n    metrics: [{name: on, help: On., value: v}]\n")
        .sources.at(0)
        .timeout;
  };
  EXPECT_EQ(timeout("stale_after: 1h"), Millis(10'000));
  EXPECT_EQ(timeout("interval: 30s"), Millis(20'000));
  EXPECT_EQ(timeout("interval: 5s"), Millis(3'333));
  EXPECT_EQ(timeout("interval: 100ms"), Millis(66));
  EXPECT_EQ(timeout("interval: 90s"), Millis(60'000));
  EXPECT_EQ(timeout("interval: 1d"), Millis(60'000));
  EXPECT_EQ(timeout("timeout: 14s"), Millis(14'000));
}

// What probe polls is one source; the others and the database are as good as turned off.
TEST(ConfigLoaderTest, OneSourceAloneNeedsOnlyItsOwn) {
  const Variables variables = {
      {"OMS_URL", "http://oms.test"}, {"METABASE_URL", "http://m.test"}, {"METABASE_API_KEY", "k"}};
  const auto only = [&](const std::string& source, const Variables& its_variables) {
    const ConfigLoader loader(
        SourceKinds(),
        [its_variables](const std::string& name) -> std::optional<std::string> {
          const auto found = its_variables.find(name);
          return found == its_variables.end() ? std::nullopt : std::optional(found->second);
        },
        source);
    return loader.LoadText(DefaultConfigText(), "default.yml", ".");
  };
  const auto metabase = only("vendor-status", variables);
  ASSERT_TRUE(metabase) << metabase.error().lines[0];
  ASSERT_EQ((*metabase)->sources.size(), 1u);
  EXPECT_EQ((*metabase)->sources[0].name, "vendor-status");
  EXPECT_EQ((*metabase)->left_out,
            (std::vector<std::string>{"orders", "vendor-product-status", "discount-stock"}));
  EXPECT_EQ((*metabase)->disabled, std::vector<std::string>());

  const auto oms = only("orders", {{"OMS_URL", "http://oms.test"}, {"OMS_API_KEY", "k"}});
  ASSERT_TRUE(oms) << oms.error().lines[0];
  EXPECT_EQ((*oms)->sources.size(), 1u);
  EXPECT_FALSE((*oms)->store);

  const auto own = only("orders", variables);
  ASSERT_FALSE(own);
  ASSERT_EQ(own.error().lines.size(), 1u);
  EXPECT_NE(own.error().lines[0].find("OMS_API_KEY is not set"), std::string::npos);
}

TEST(ConfigLoaderTest, EnabledIfTakesWordsForOff) {
  const std::string text =
      "store: {dsn: host=db}\nsources:\n  - name: orders\n    enabled_if: ${ON:-}\n    oms: {url: "
      "http://oms.test, api_key: k}\n";
  for (const char* off : {"", "false", "False", "no", "off", "0"}) {
    EXPECT_EQ(Load(text, {{"ON", off}}).disabled.size(), 1u) << off;
  }
  for (const char* on : {"true", "yes", "1", "http://oms.test", "00"}) {
    EXPECT_EQ(Load(text, {{"ON", on}}).sources.size(), 1u) << on;
  }
}

TEST(ConfigLoaderTest, VariablesCannotBringYaml) {
  const Config config = Load(
      "store: {dsn: \"${DSN}\"}\nsources:\n  - name: orders\n    oms: {url: http://oms.test, api_key: "
      "\"${KEY}\"}\n",
      {{"DSN", "host=db password='x # no comment'"}, {"KEY", "}, x: [&a *b ${DSN} $$"}});
  EXPECT_EQ(config.store->dsn.Current(), Secret("host=db password='x # no comment'"));
  EXPECT_EQ(Oms(config).api_key, Secret("}, x: [&a *b ${DSN} $$"));
}

TEST(ConfigLoaderTest, WindowsFilesAreRead) {
  std::string text = "\xEF\xBB\xBF";
  for (char c : ReadFixture("minimal.yml")) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(Load(text).sources.size(), 1u);
  text += "web:\r\n  max_requests: x\r\n";
  EXPECT_EQ(Mistakes(text, "crlf.yml"),
            std::vector<std::string>{"crlf.yml:7:17: web.max_requests: \"x\" is not a whole number, want a "
                                     "whole number from 1 to 1000"});
}

TEST(ConfigLoaderTest, ColumnsCountCharacters) {
  EXPECT_EQ(Mistakes("web: {listen_addr\xC3\xA9ss: \"a\", max_requests: x}\nsources: []\n", "f.yml")[1],
            "f.yml:1:42: web.max_requests: \"x\" is not a whole number, want a whole number from 1 to 1000");
}

TEST(ConfigLoaderTest, LongListsOfMistakesAreCut) {
  std::string text = "sources: []\n";
  for (int i = 0; i < 500; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const std::vector<std::string> mistakes = Mistakes(text, "f.yml");
  ASSERT_EQ(mistakes.size(), 101u);
  EXPECT_EQ(mistakes.back(), "f.yml: and 401 more");
}

TEST(ConfigLoaderTest, LoadsFilesAndTheirNeighbours) {
  const auto loaded =
      Loader({{"OMS_URL", "http://oms.test"}, {"OMS_API_KEY", "k"}}).LoadFile(kData + "/good.yml");
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->store->dsn.Current(), Secret("host=db password=from-a-file"));
}

TEST(ConfigLoaderTest, FileThatCannotBeReadIsNamed) {
  const auto missing = Loader({}).LoadFile("/nowhere/o2o.yml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().lines,
            std::vector<std::string>{"/nowhere/o2o.yml: cannot be opened (No such file or directory), want a "
                                     "YAML file that this program may read"});
  const auto folder = Loader({}).LoadFile("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(
      folder.error().lines,
      std::vector<std::string>{"/: is not a regular file, want a YAML file that this program may read"});
}

TEST(FindConfigTest, InstalledElseBuiltIn) {
  EXPECT_EQ(FindConfig(kData + "/good.yml"), kData + "/good.yml");
  EXPECT_EQ(FindConfig(kData + "/not-there.yml"), "");
  EXPECT_EQ(FindConfig(kData + "/no-such-folder/o2o.yml"), "");
  EXPECT_EQ(kInstalledConfigPath, "/etc/o2o-exporter/o2o-exporter.yml");
}

TEST(FindConfigTest, LinkToNowhereIsNotPassedOver) {
  const std::string link = testing::TempDir() + "/o2o-find-config-" + std::to_string(::getpid());
  std::filesystem::create_symlink("/nowhere/o2o.yml", link);
  EXPECT_EQ(FindConfig(link), link);
  std::filesystem::remove(link);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/config_loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <type_traits>

namespace o2o {
namespace {

static_assert(!std::is_constructible_v<ValidatedConfig, Config>, "only the loader makes one");

using Variables = std::map<std::string, std::string>;
const std::string kData = O2O_TESTDATA "/config";

ConfigLoader Loader(const Variables& variables) {
  return ConfigLoader([variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

std::string ReadFixture(const std::string& file) {
  std::ifstream in(kData + "/" + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The mistakes of a configuration; none if it is good.
std::vector<std::string> Mistakes(std::string_view text, const std::string& name,
                                  const Variables& variables = {}) {
  const auto loaded = Loader(variables).LoadText(text, name, kData);
  return loaded ? std::vector<std::string>() : loaded.error().lines;
}

Config Load(const std::string& text, const Variables& variables = {}) {
  const auto loaded = Loader(variables).LoadText(text, "test.yml", kData);
  if (!loaded) {
    for (const std::string& line : loaded.error().lines) ADD_FAILURE() << line;
    return {};
  }
  return **loaded;
}

const OmsSourceConfig& Oms(const Config& config) {
  return std::get<OmsSourceConfig>(config.sources.at(0).kind);
}

// One broken fixture per rule, invalid-<rule>.yml, and every mistake that is told of it.
struct Broken {
  std::string rule;
  std::vector<std::string> mistakes;  // without the file's name in front
};
const Broken kBroken[] = {
    {"alias",
     {"1:21: web.max_requests: anchors (&name) are not supported, write the value out where it is needed",
      "3:27: orders.order_types[1]: aliases (*name) are not supported, write the value out"}},
    {"anchor", {"1:6: web: anchors (&name) are not supported, write the value out where it is needed"}},
    {"api-key-missing", {"4:5: sources[0].oms.api_key: missing, want api_key or api_key_file"}},
    {"api-key-unset", {"4:42: sources[0].oms.api_key: NOT_SET is not set, set it or use api_key_file"}},
    {"boolean",
     {"7:35: sources[0].oms.tls.insecure_skip_verify: \"yes\" is no truth value, want true or false"}},
    {"complex-key", {"2:5: web: a key must be a plain word"}},
    {"control-character", {"2:19: a control character, remove it"}},
    {"delayed-after-final", {"3:57: orders.statuses[0].delayed_after: is for open statuses, remove it here"}},
    {"disabled-unknown-key", {"4:5: sources[0].intervall: unknown key, did you mean interval?"}},
    {"dsn-missing", {"1:1: store.dsn: missing, want dsn or dsn_file"}},
    {"dsn-unset", {"2:8: store.dsn: NOT_SET is not set, set it or use dsn_file"}},
    {"duplicate-key", {"3:3: web.max_requests: duplicate key, give it once"}},
    {"duration",
     {"4:15: sources[0].interval: \"15 seconds\" is no duration, want one like 500ms, 30s or 1h30m"}},
    {"empty", {"1:1: sources: missing, want at least one source"}},
    {"initial-lookback", {"7:25: sources[0].oms.initial_lookback: \"30s\" is too short, want at least 1m"}},
    {"interval-below-default-timeout",
     {"4:15: sources[0].interval: the timeout of 10s (the default) is not below the interval of 5s, want a "
      "shorter timeout or a longer interval"}},
    {"interval-range", {"4:15: sources[0].interval: \"99ms\" is too short, want at least 100ms"}},
    {"limit-above-max",
     {"7:14: sources[0].oms.limit: limit 200000 is above max_limit 100000, want limit <= max_limit"}},
    {"limit-range",
     {"7:14: sources[0].oms.limit: \"0\" is out of range, want a whole number from 1 to 1000000"}},
    {"list-for-value", {"2:3: web.listen_address: is a list, want a single value"}},
    {"listen-host",
     {"1:23: web.listen_address: \"127.0.0.256:9847\" has no valid host, want an IPv4 address, a name, or "
      "none for every address, like :9847"}},
    {"listen-ipv6",
     {"1:23: web.listen_address: \"[::]:9847\" is an IPv6 address, but the server speaks IPv4 only, want a "
      "port alone (:9847) or an IPv4 address (127.0.0.1:9847)"}},
    {"listen-port-missing",
     {"1:23: web.listen_address: \"localhost\" has no port, want [host]:port like :9847"}},
    {"listen-port",
     {"1:23: web.listen_address: \":65536\" has no valid port, want [host]:port with a port from 0 to 65535, "
      "like :9847"}},
    {"lone-dollar",
     {"2:19: web.listen_address: a lone $, write ${NAME} for a variable or $$ for a dollar sign"}},
    {"many",
     {"1:1: store: missing, source orders keeps orders in PostgreSQL, want a store section with dsn or "
      "dsn_file",
      "2:19: web.listen_address: \"[::]:1\" is an IPv6 address, but the server speaks IPv4 only, want a port "
      "alone (:9847) or an IPv4 address (127.0.0.1:9847)",
      "3:3: web.max_request: unknown key, did you mean max_requests?",
      "5:3: orders.statuses: none is completed, want at least one with outcome: completed",
      "6:25: orders.statuses[0].delayed: unknown key, known here: status, outcome, delayed_after",
      "9:14: sources[0].timeout: the timeout of 1h is not below the interval of 15s, want a shorter timeout "
      "or a longer interval",
      "10:5: sources[0].oms.api_key: missing, want api_key or api_key_file",
      "11:12: sources[0].oms.url: NOT_SET is not set, set it or give a default as in ${NAME:-default}",
      "12:14: sources[0].oms.limit: \"many\" is no whole number, want a whole number from 1 to 1000000",
      "13:13: sources[0].oms.tls.ca: unknown key, known here: ca_file, client_cert_file, client_key_file, "
      "insecure_skip_verify",
      "14:1: colour: unknown key, known here: web, orders, sources, store"}},
    {"map-for-value", {"2:3: web.max_requests: is a map, want a single value"}},
    {"max-limit-below-default-limit",
     {"7:18: sources[0].oms.max_limit: limit 1000 is above max_limit 500, want limit <= max_limit"}},
    {"max-limit-range",
     {"7:18: sources[0].oms.max_limit: \"1000001\" is out of range, want a whole number from 1 to 1000000"}},
    {"max-requests-range",
     {"1:21: web.max_requests: \"0\" is out of range, want a whole number from 1 to 1000"}},
    {"no-value", {"2:3: web.listen_address: has no value, give it one or remove the key"}},
    {"not-utf8", {"1:1: not UTF-8 text, save it as UTF-8"}},
    {"number-octal",
     {"1:21: web.max_requests: \"040\" is no whole number, want a whole number from 1 to 1000"}},
    {"number", {"1:21: web.max_requests: \"4.5\" is no whole number, want a whole number from 1 to 1000"}},
    {"order-type-empty", {"2:25: orders.order_types[1]: has no value, give it one or remove it"}},
    {"order-type-long", {"2:3: orders.order_types: has an entry of more than 64 bytes, want shorter words"}},
    {"order-type-twice", {"2:35: orders.order_types[2]: \"pickup\" stands there twice, give it once"}},
    {"outcome",
     {"3:34: orders.statuses[0].outcome: \"pending\" is no outcome, want open, completed or failed"}},
    {"overlap", {"7:16: sources[0].oms.overlap: \"59s\" is too short, want at least 1m"}},
    {"rejected-rows",
     {"3:29: store.rejected_rows.max_rows: \"0\" is out of range, want a whole number from 1 to 10000000",
      "3:45: store.rejected_rows.max_payload: \"1GiB\" is out of range, want 64 to 16MiB",
      "3:62: store.rejected_rows.retention: \"0s\" is too short, want at least 1s"}},
    {"root", {"1:1: is no map, want keys and values below it"}},
    {"second-document", {"5:1: a second YAML document, put everything into one (remove the ---)"}},
    {"second-oms",
     {"6:5: sources[1].oms: a second source that keeps orders beside orders, want one at most"}},
    {"secret-file-empty",
     {"1:19: store.dsn_file: \"secret-empty.txt\" is empty, want a file that holds the secret and nothing "
      "else"}},
    {"secret-file-folder",
     {"1:19: store.dsn_file: \".\" is no regular file, want a file that holds the secret and nothing else"}},
    {"secret-file-lines",
     {"1:19: store.dsn_file: \"secret-two-lines.txt\" holds more than one line or is no text, want a file "
      "that holds the secret and nothing else"}},
    {"secret-file-missing",
     {"1:19: store.dsn_file: \"no-such-file\" cannot be opened (No such file or directory), want a file that "
      "holds the secret and nothing else"}},
    {"secret-twice", {"3:13: store.dsn_file: given beside dsn, want one of the two"}},
    {"size-range", {"7:17: sources[0].oms.max_body: \"2GiB\" is out of range, want 1KiB to 1GiB"}},
    {"size", {"7:17: sources[0].oms.max_body: \"64 MB\" is no size, want one like 64KiB, 10MB or 1GiB"}},
    {"source-kind-missing", {"2:5: sources[0]: has no kind, want one of these blocks: oms"}},
    {"source-name-missing", {"3:5: sources[0].name: missing, want a short name like orders"}},
    {"source-name-twice",
     {"5:11: sources[1].name: \"orders\" stands there twice, give each source its own name"}},
    {"source-name",
     {"3:11: sources[0].name: \"Orders\" is no source name, want at most 64 of a-z, 0-9 and -, beginning "
      "with a letter"}},
    {"sources-empty", {"1:1: sources: is empty, want at least one source"}},
    {"sources-missing", {"1:1: sources: missing, want at least one source"}},
    {"stale-after",
     {"5:18: sources[0].stale_after: \"15s\" is not above the interval of 15s, want two intervals or more"}},
    {"status-empty", {"3:16: orders.statuses[0].status: has no value, give it one or remove the key"}},
    {"status-long",
     {"3:16: orders.statuses[0].status: "
      "\"XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX\" is longer than 64 bytes, want a "
      "shorter word"}},
    {"status-missing", {"3:7: orders.statuses[0].status: missing, want the word that the OMS uses"}},
    {"status-none-completed",
     {"2:3: orders.statuses: none is completed, want at least one with outcome: completed"}},
    {"status-twice", {"4:16: orders.statuses[1].status: \"DONE\" stands there twice, give each status once"}},
    {"store-missing",
     {"1:1: store: missing, source orders keeps orders in PostgreSQL, want a store section with dsn or "
      "dsn_file"}},
    {"syntax",
     {"3:1: not valid YAML (end of sequence flow not found), check indentation, brackets and quotes around "
      "here"}},
    {"tab", {"2:1: a tab in the indentation, use blanks"}},
    {"tag", {"1:21: web.max_requests: tags (!name) are not supported, leave it out"}},
    {"timeout-above-interval",
     {"5:14: sources[0].timeout: the timeout of 10s is not below the interval of 10s, want a shorter timeout "
      "or a longer interval"}},
    {"timeout-range",
     {"1:40: store.connect_timeout: \"10ms\" is too short, want at least 1s",
      "1:65: store.statement_timeout: \"2h\" is too long, want at most 1h",
      "1:83: store.lock_timeout: \"0\" is too short, want at least 100ms"}},
    {"timeout-short", {"4:14: sources[0].timeout: \"9ms\" is too short, want at least 10ms"}},
    {"timezone",
     {"7:17: sources[0].oms.timezone: \"Mars/Olympus\" is no known time zone, want one like UTC, "
      "Asia/Ho_Chi_Minh or +07:00"}},
    {"tls-file-missing",
     {"7:22: sources[0].oms.tls.ca_file: \"no-such-ca.pem\" cannot be opened (No such file or directory), "
      "want a file that this program may read"}},
    {"tls-key-without-cert",
     {"7:30: sources[0].oms.tls.client_key_file: given without client_cert_file, want both"}},
    {"unknown-key-far", {"1:1: metabase: unknown key, known here: web, orders, sources, store"}},
    {"unknown-key", {"3:3: web.listen_adress: unknown key, did you mean listen_address?"}},
    {"unquoted-variable",
     {"1:25: not valid YAML (end of sequence flow not found), write \"${NAME}\" in quotes where it stands "
      "inside [ ] or { }"}},
    {"url-blank",
     {"4:16: sources[0].oms.url: holds a blank or a character that does not belong into a URL, want one like "
      "https://oms.example.com"}},
    {"url-host", {"4:16: sources[0].oms.url: has no valid host, want one like https://oms.example.com"}},
    {"url-missing",
     {"4:5: sources[0].oms.url: missing, want the base URL of the OMS, like https://oms.example.com"}},
    {"url-port", {"4:16: sources[0].oms.url: has no valid port, want one from 1 to 65535"}},
    {"url-query",
     {"4:16: sources[0].oms.url: holds a query or fragment, leave out everything from ? or # on"}},
    {"url-scheme",
     {"4:16: sources[0].oms.url: is no http or https URL, want one like https://oms.example.com"}},
    {"url-user",
     {"4:16: sources[0].oms.url: holds a user or password, leave user:password@ out and use api_key"}},
    {"value-for-list", {"2:10: sources: is no list, want entries that begin with - below it"}},
    {"value-for-map", {"1:6: web: is no map, want keys and values below it"}},
    {"variable-control-character",
     {"2:19: web.listen_address: the value of TWO_LINES holds a line break or another control character, "
      "remove it"}},
    {"variable-empty",
     {"2:17: web.max_requests: EMPTY is empty, set it or give a default as in ${NAME:-default}"}},
    {"variable-malformed",
     {"2:17: web.max_requests: malformed variable, write ${NAME} or ${NAME:-default} (and $$ for a dollar "
      "sign)"}},
    {"variable-nested",
     {"2:17: web.max_requests: a variable inside the default of X, write plain text there"}},
    {"variable-unclosed", {"2:17: web.max_requests: ${ without its }, write ${NAME} or ${NAME:-default}"}},
    {"variable-unset",
     {"2:17: web.max_requests: NOT_SET is not set, set it or give a default as in ${NAME:-default}"}},
    {"variable-value",
     {"2:17: web.max_requests: \"${FORTY_ISH}\" is no whole number, want a whole number from 1 to 1000"}},
    {"order-types-many", {"2:3: orders.order_types: has more than 100 entries, want fewer"}},
    {"sources-many", {"1:1: sources: has more than 100 entries, want fewer"}},
    {"statuses-many", {"2:3: orders.statuses: has more than 100 entries, want fewer"}},
};

TEST(ConfigLoaderTest, BrokenFixturesAreToldExactly) {
  const Variables variables = {{"EMPTY", ""}, {"TWO_LINES", "hunter2\nx"}, {"FORTY_ISH", "hunter2"}};
  for (const Broken& broken : kBroken) {
    const std::string file = "invalid-" + broken.rule + ".yml";
    std::vector<std::string> expected;
    for (const std::string& mistake : broken.mistakes) expected.push_back(file + ":" + mistake);
    EXPECT_EQ(Mistakes(ReadFixture(file), file, variables), expected);
  }
}

TEST(ConfigLoaderTest, EveryBrokenFixtureIsInTheTable) {
  std::set<std::string> told, there;
  for (const Broken& broken : kBroken) told.insert("invalid-" + broken.rule + ".yml");
  for (const auto& entry : std::filesystem::directory_iterator(kData)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with("invalid-")) there.insert(file);
  }
  EXPECT_EQ(told, there);
}

TEST(ConfigLoaderTest, NoMistakeTellsASecret) {
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
  EXPECT_EQ(config.store->dsn, Secret("host=db"));
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
  EXPECT_EQ(config.store->dsn, Secret("host=db password=from-a-file"));
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
  EXPECT_EQ(config.disabled, std::vector<std::string>{"orders"});
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
      {{"DSN", "host=db # no comment"}, {"KEY", "}, x: [&a *b ${DSN} $$"}});
  EXPECT_EQ(config.store->dsn, Secret("host=db # no comment"));
  EXPECT_EQ(Oms(config).api_key, Secret("}, x: [&a *b ${DSN} $$"));
}

TEST(ConfigLoaderTest, WindowsFilesAreRead) {
  std::string text = "\xEF\xBB\xBF";
  for (char c : ReadFixture("minimal.yml")) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(Load(text).sources.size(), 1u);
  text += "web:\r\n  max_requests: x\r\n";
  EXPECT_EQ(
      Mistakes(text, "crlf.yml"),
      std::vector<std::string>{
          "crlf.yml:7:17: web.max_requests: \"x\" is no whole number, want a whole number from 1 to 1000"});
}

TEST(ConfigLoaderTest, ColumnsCountCharacters) {
  EXPECT_EQ(Mistakes("web: {listen_addr\xC3\xA9ss: \"a\", max_requests: x}\nsources: []\n", "f.yml")[1],
            "f.yml:1:42: web.max_requests: \"x\" is no whole number, want a whole number from 1 to 1000");
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
  EXPECT_EQ((*loaded)->store->dsn, Secret("host=db password=from-a-file"));
}

TEST(ConfigLoaderTest, FileThatCannotBeReadIsNamed) {
  const auto missing = Loader({}).LoadFile("/nowhere/o2o.yml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().lines,
            std::vector<std::string>{"/nowhere/o2o.yml: cannot be opened (No such file or directory), want a "
                                     "YAML file that this program may read"});
  const auto folder = Loader({}).LoadFile("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().lines,
            std::vector<std::string>{"/: is no regular file, want a YAML file that this program may read"});
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

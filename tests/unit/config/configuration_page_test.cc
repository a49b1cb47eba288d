// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md is the reference: it has every key that the loader knows and no other, and its
// examples work.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "sources/json_source.h"
#include "sources/oms/config.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

const std::string kStranger = "zzzzzzzz";  // near no key, so that a mistake lists all that are known

using KeysByBlock = std::map<std::string, std::set<std::string>>;  // "sources[].json" -> {url, ...}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Adds the keys that are known in the maps in which the text has a stranger.
void AddKnown(const std::string& text, KeysByBlock& blocks) {
  static const std::regex kMistake("f\\.yml:\\d+:\\d+: (.*?)\\.?" + kStranger +
                                   ": unknown key, known here: (.*)");
  for (const std::string& mistake : Mistakes(text, "f.yml")) {
    std::smatch match;
    if (!std::regex_match(mistake, match, kMistake)) continue;
    const std::string block = std::regex_replace(match[1].str(), std::regex("\\[\\d+\\]"), "[]");
    std::istringstream keys(match[2].str());
    for (std::string key; std::getline(keys >> std::ws, key, ',');) blocks[block].insert(key);
  }
}

KeysByBlock KeysOfLoader() {
  KeysByBlock blocks;
  AddKnown(
      "zzzzzzzz: 1\n"
      "web: {zzzzzzzz: 1}\n"
      "store: {zzzzzzzz: 1, rejected_rows: {zzzzzzzz: 1}}\n"
      "orders: {zzzzzzzz: 1, statuses: [{zzzzzzzz: 1}]}\n"
      "sources: [{zzzzzzzz: 1, rows: {zzzzzzzz: 1}, ceilings: {zzzzzzzz: 1}, metrics: [{zzzzzzzz: 1, rows: "
      "{zzzzzzzz: 1}, columns: {zzzzzzzz: 1}, pick: {zzzzzzzz: 1}, where: {Column: {zzzzzzzz: 1}}}]}]\n",
      blocks);
  for (const SourceKind& kind : SourceKinds()) {
    const std::string source = "sources: [{" + std::string(kind.key) + ": {";
    AddKnown(source + "zzzzzzzz: 1}}]\n", blocks);
    // Of the block's keys some are maps with keys of their own.
    const std::set<std::string> keys = blocks["sources[]." + std::string(kind.key)];
    for (const std::string& key : keys) AddKnown(source + key + ": {zzzzzzzz: 1}}}]\n", blocks);
  }
  // Servers that are named once, each by a name of the user's.
  for (const SourceKind& kind : SourceKinds()) {
    if (kind.servers_key.empty()) continue;
    const std::string server = std::string(kind.servers_key) + ": {main: {";
    AddKnown(server + "zzzzzzzz: 1}}\n", blocks);
    const std::set<std::string> keys = blocks[std::string(kind.servers_key) + ".main"];
    for (const std::string& key : keys) AddKnown(server + key + ": {zzzzzzzz: 1}}}\n", blocks);
  }
  return blocks;
}

std::string Page() { return ReadFixture("../../../docs/configuration.md"); }

struct Row {
  std::string block, key, default_cell, example;
};

// The headings name the blocks; the first cell of a table's row is a key, the last an example of it.
std::vector<Row> Rows() {
  static const std::regex kRow(R"(\| `([a-z][a-z0-9_]*)` \| ?(.*?) ?\|.*\| `(.*)` \|)");
  static const std::regex kBlock("`([^`]+)`");
  std::vector<Row> rows;
  std::vector<std::string> blocks;
  for (const std::string& line : Lines(Page())) {
    std::smatch match;
    if (line.starts_with("## ") || line.starts_with("### ")) {
      blocks.clear();
      for (std::sregex_iterator block(line.begin(), line.end(), kBlock), end; block != end; ++block) {
        blocks.push_back((*block)[1]);
      }
      if (line == "## The whole file") blocks.push_back("");
    } else if (std::regex_match(line, match, kRow)) {
      for (const std::string& block : blocks) rows.push_back({block, match[1], match[2], match[3]});
    } else {
      EXPECT_FALSE(line.starts_with("| `")) << "no row as the others: " << line;
    }
  }
  return rows;
}

std::string Size(std::uint64_t bytes) {
  if (bytes % (1u << 30) == 0) return std::to_string(bytes >> 30) + "GiB";
  if (bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  return std::to_string(bytes >> 10) + "KiB";
}

TEST(ConfigurationPageTest, HasEveryKeyOfTheLoaderAndNoOther) {
  const KeysByBlock loader = KeysOfLoader();
  EXPECT_EQ(loader.at("sources[].json.basic_auth"),
            (std::set<std::string>{"username", "password", "password_file"}));
  KeysByBlock page;
  for (const Row& row : Rows()) {
    EXPECT_TRUE(page[row.block].insert(row.key).second) << row.block << " has twice " << row.key;
    EXPECT_TRUE(row.example.starts_with(row.key + ": "))
        << row.block << "." << row.key << ": " << row.example;
  }
  EXPECT_EQ(page, loader);
}

TEST(ConfigurationPageTest, ExamplesWork) {
  const Variables variables = {
      {"METABASE_URL", "http://metabase.test"}, {"METABASE_API_KEY", "k"}, {"FLASH_TOKEN", "t"}};
  std::string example;
  int examples = 0;
  bool inside = false;
  for (const std::string& line : Lines(Page())) {
    if (line == "```yaml") {
      inside = true;
      example.clear();
    } else if (line == "```" && inside) {
      inside = false;
      ++examples;
      const Config config = Load(example, variables);
      EXPECT_EQ(config.sources.size(), 1u) << example;
      EXPECT_EQ(config.warnings, std::vector<std::string>()) << example;
    } else if (inside) {
      example += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << example;
  EXPECT_GT(examples, 0);
}

// A default is in backquotes where it can be written into the file as it is.
TEST(ConfigurationPageTest, DefaultsAreThoseOfTheStructs) {
  const StoreConfig store;
  const SourceConfig source;
  const OmsSourceConfig oms;
  const RowCeilings ceilings;
  std::string types;
  for (const std::string& type : OrdersConfig().order_types) types += (types.empty() ? "" : ", ") + type;
  std::map<std::string, std::string> expected = {
      {"web.listen_address", WebConfig().listen_address},
      {"web.max_requests", std::to_string(WebConfig().max_requests)},
      {"store.schema", store.schema},
      {"store.connect_timeout", FormatDuration(store.connect_timeout)},
      {"store.statement_timeout", FormatDuration(store.statement_timeout)},
      {"store.lock_timeout", FormatDuration(store.lock_timeout)},
      {"store.rejected_rows.max_rows", std::to_string(store.rejected_rows.max_rows)},
      {"store.rejected_rows.max_payload", Size(store.rejected_rows.max_payload_bytes)},
      {"store.rejected_rows.retention", "30d"},
      {"orders.order_types", "[" + types + "]"},
      {"orders.statuses[].outcome", "open"},
      {"sources[].interval", FormatDuration(source.interval)},
      {"sources[].oms.timezone", "UTC"},
      {"sources[].oms.overlap", FormatDuration(oms.overlap)},
      {"sources[].oms.initial_lookback", FormatDuration(oms.initial_lookback)},
      {"sources[].oms.limit", std::to_string(oms.limit)},
      {"sources[].oms.max_limit", std::to_string(oms.max_limit)},
      {"sources[].oms.max_body", Size(oms.max_body_bytes)},
      {"sources[].json.method", JsonSourceConfig().method},
      {"sources[].json.format", "json"},
      {"sources[].json.pages.max_pages", std::to_string(PagesConfig().max_pages)},
      {"sources[].json.oauth2.secret_in_body", "false"},
      {"sources[].oms.oauth2.secret_in_body", "false"},
      {"metabases.main.tls.insecure_skip_verify", "false"},
      {"sources[].rows.is", "rows"},
      {"sources[].rows.nested", "[]"},
      {"sources[].metrics[].rows.is", "rows"},
      {"sources[].metrics[].rows.nested", "[]"},
      {"sources[].ceilings.max_rows", std::to_string(ceilings.max_rows)},
      {"sources[].ceilings.max_series", std::to_string(ceilings.max_series)},
      {"sources[].ceilings.max_label_bytes", std::to_string(ceilings.max_label_bytes)},
      {"sources[].ceilings.max_published", Size(ceilings.max_published_bytes)},
      {"sources[].timezone", TimeZone().name()},
      {"sources[].decimal", "."},
      {"sources[].metrics[].type", "gauge"},
      {"sources[].metrics[].unit", "number"},
      {"sources[].metrics[].on_duplicate", "error"},
  };
  for (const SourceKind& kind : SourceKinds()) {
    const std::string block = "sources[]." + std::string(kind.key);
    expected[block + ".tls.insecure_skip_verify"] = "false";
    if (!kind.needs_store) expected[block + ".max_body"] = Size(JsonSourceConfig().max_body_bytes);
  }
  std::map<std::string, std::string> page;
  for (const Row& row : Rows()) {
    const std::string& cell = row.default_cell;
    if (cell.starts_with('`')) page[row.block + "." + row.key] = cell.substr(1, cell.size() - 2);
  }
  EXPECT_EQ(page, expected);
  EXPECT_EQ(store.rejected_rows.retention, std::chrono::days(30));
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/config_loader.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/text.h"
#include "base/text_file.h"
#include "config/config_reader.h"
#include "config/connection_string.h"
#include "config/fingerprint.h"
#include "config/listen_address.h"
#include "config/source_loader.h"
#include "config/yaml_document.h"
#include "embedded/kDefaultConfig.h"

namespace o2o {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxNameBytes = 64;        // of statuses, order types: they become label values
constexpr std::size_t kMaxIdentifierBytes = 63;  // PostgreSQL's
constexpr std::size_t kMaxListEntries = 100;     // of statuses, order types: each costs series
constexpr std::size_t kMaxLines = 100;
constexpr std::size_t kMaxPathBytes = 200;

void ReadWeb(MapReader web, WebConfig& config) {
  if (web.Text("listen_address", config.listen_address)) {
    if (const auto problem = ListenAddressProblem(config.listen_address))
      web.FailValue("listen_address", *problem);
  }
  std::int64_t max_requests = config.max_requests;
  web.Integer("max_requests", max_requests, {1, 1'000});
  config.max_requests = static_cast<int>(max_requests);
}

void ReadRejectedRows(MapReader rejected, RejectedRowsConfig& config) {
  rejected.Integer("max_rows", config.max_rows, {1, 10'000'000});
  rejected.Bytes("max_payload", config.max_payload_bytes, {64, 16u << 20});
  rejected.Duration("retention", config.retention, {seconds(1), days(3'650)});
}

// A schema's name, as PostgreSQL takes it in quotes.
std::optional<std::string> SchemaNameProblem(const std::string& name) {
  if (name.size() > kMaxIdentifierBytes) {
    return "is longer than the " + std::to_string(kMaxIdentifierBytes) +
           " bytes that PostgreSQL keeps of a name";
  }
  if (name.starts_with("pg_") || name == "information_schema") return "is a schema of PostgreSQL itself";
  if (name == "public")
    return "is open to every program of the database, want a schema for these tables alone";
  if (!IsCleanUtf8(name)) return "is not clean UTF-8";
  return std::nullopt;
}

// Nothing where the DSN could not be read.
std::optional<StoreConfig> ReadStore(MapReader store, bool needed) {
  if (!needed) store.Tolerate();
  StoreConfig config;
  const bool has_dsn = store.SecretText("dsn", config.dsn);
  if (has_dsn) {
    if (const auto settings = ParseConnectionString(config.dsn); !settings)
      store.Fail(store.Has("dsn") ? "dsn" : "dsn_file", settings.error().message);
  }
  if (store.Text("schema", config.schema)) {
    if (const auto problem = SchemaNameProblem(config.schema)) store.FailValue("schema", *problem);
  }
  store.Duration("connect_timeout", config.connect_timeout, {seconds(1), minutes(10)});
  store.Duration("statement_timeout", config.statement_timeout, {Millis(100), hours(1)});
  store.Duration("lock_timeout", config.lock_timeout, {Millis(100), hours(1)});
  ReadRejectedRows(store.Section("rejected_rows"), config.rejected_rows);
  if (!has_dsn) return std::nullopt;
  return config;
}

void ReadOutcome(MapReader& entry, Outcome& outcome) {
  std::string word;
  if (!entry.Text("outcome", word)) return;
  for (const Outcome candidate : {Outcome::kOpen, Outcome::kCompleted, Outcome::kFailed}) {
    if (word == Name(candidate)) {
      outcome = candidate;
      return;
    }
  }
  entry.FailValue("outcome", "is not an outcome, want open, completed or failed");
}

StatusRule ReadStatus(MapReader& entry, std::set<std::string>& seen) {
  StatusRule rule;
  entry.Require("status", "want the word that the OMS uses");
  if (entry.Text("status", rule.status)) {
    if (rule.status.size() > kMaxNameBytes)
      entry.FailValue("status", "is longer than 64 bytes, want a shorter word");
    if (!seen.insert(rule.status).second) entry.FailValue("status", "appears twice, give each status once");
  }
  ReadOutcome(entry, rule.outcome);
  Millis delayed_after{0};
  if (entry.Duration("delayed_after", delayed_after, {seconds(1), days(365)})) {
    rule.delayed_after = delayed_after;
    if (rule.outcome != Outcome::kOpen) {
      entry.Fail("delayed_after", "is for open statuses, remove it here");
    }
  }
  return rule;
}

void ReadOrderTypes(MapReader& orders, std::vector<std::string>& order_types) {
  if (!orders.TextList("order_types", order_types, kMaxListEntries)) return;
  if (order_types.size() > kMaxListEntries)
    orders.Fail("order_types", "has more than 100 entries, want fewer");
  for (const std::string& type : order_types) {
    if (type.size() > kMaxNameBytes)
      orders.Fail("order_types", "has an entry of more than 64 bytes, want shorter words");
  }
}

void ReadOrders(MapReader orders, OrdersConfig& config) {
  ReadOrderTypes(orders, config.order_types);
  std::vector<StatusRule> statuses;
  std::set<std::string> seen;
  if (!orders.Each("statuses", [&](MapReader& entry) { statuses.push_back(ReadStatus(entry, seen)); }))
    return;
  if (statuses.size() > kMaxListEntries) orders.Fail("statuses", "has more than 100 entries, want fewer");
  const bool has_completed = std::any_of(statuses.begin(), statuses.end(), [](const StatusRule& rule) {
    return rule.outcome == Outcome::kCompleted;
  });
  if (!has_completed) orders.Fail("statuses", "none is completed, want at least one with outcome: completed");
  config.statuses = std::move(statuses);
}

// `only`: the one source that is to be polled, without the store; empty: all of them.
void ReadConfig(MapReader root, std::span<const SourceKind> kinds, std::string_view only, Config& config) {
  ReadWeb(root.Section("web"), config.web);
  ReadOrders(root.Section("orders"), config.orders);
  const std::string storing = ReadSources(root, kinds, only, config);
  const bool needs_store = !storing.empty() && only.empty();
  if (root.Has("store")) {
    config.store = ReadStore(root.Section("store"), needs_store);
  } else if (needs_store) {
    root.Require("store", "source " + storing +
                              " keeps orders in PostgreSQL, want a store section with dsn or dsn_file");
  }
}

// Everything beside the sources may be shared by all of them; the store and the orders' words are of their
// own.
void AddFingerprints(const YamlNode& root, const Reading& reading, Config& config) {
  YamlNode shared;
  YamlNode orders;
  shared.kind = orders.kind = YamlNode::Kind::kMap;
  for (const YamlMember& member : root.members) {
    if (member.key == "web" || member.key == "sources") continue;
    (member.key == "store" || member.key == "orders" ? orders : shared).members.push_back(member);
  }
  const std::size_t of_all = Fingerprint(shared, reading.environment, reading.directory);
  for (SourceConfig& source : config.sources)
    source.fingerprint = CombineFingerprints(source.fingerprint, of_all);
  config.orders_fingerprint =
      CombineFingerprints(Fingerprint(orders, reading.environment, reading.directory), of_all);
}

std::string Line(const std::string& name, const YamlProblem& problem) {
  // A path is made of keys, and those may be anything.
  std::string path = CutUtf8(problem.path, kMaxPathBytes);
  std::replace_if(
      path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return name + ":" + std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " +
         (path.empty() ? "" : path + ": ") + problem.text;
}

// In file order, and not more than anybody reads.
std::vector<std::string> Lines(const std::string& name, std::vector<YamlProblem> problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const YamlProblem& a, const YamlProblem& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  std::vector<std::string> lines;
  for (const YamlProblem& problem : problems) {
    if (lines.size() == kMaxLines) {
      lines.push_back(name + ": and " + std::to_string(problems.size() - kMaxLines) + " more");
      break;
    }
    lines.push_back(Line(name, problem));
  }
  return lines;
}

}  // namespace

tl::expected<ValidatedConfig, ConfigErrors> ConfigLoader::LoadText(std::string_view text,
                                                                   const std::string& name,
                                                                   const std::string& directory) const {
  YamlDocument document = ParseYaml(text);
  Reading reading{environment_, directory, std::move(document.problems)};
  Config config;
  if (document.readable) {
    ReadConfig(MapReader(reading, &document.root, "", document.root.at), kinds_, only_source_, config);
    AddFingerprints(document.root, reading, config);
  }
  if (!reading.problems.empty()) {
    return tl::unexpected<ConfigErrors>(ConfigErrors{Lines(name, std::move(reading.problems))});
  }
  config.warnings = Lines(name, std::move(reading.warnings));
  return ValidatedConfig(std::move(config));
}

tl::expected<ValidatedConfig, ConfigErrors> ConfigLoader::LoadFile(const std::string& path) const {
  const tl::expected<std::string, std::string> text = ReadTextFile(path, kMaxYamlBytes);
  if (!text) {
    return tl::unexpected<ConfigErrors>(
        ConfigErrors{{path + ": " + text.error() + ", want a YAML file that this program may read"}});
  }
  return LoadText(*text, path, std::filesystem::path(path).parent_path().string());
}

std::string_view DefaultConfigText() { return embedded::kDefaultConfig; }

std::string FindConfig(const std::string& installed) {
  // A link to nowhere or a folder that may not be read counts as there: better an error than silently
  // another configuration.
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::symlink_status(installed, error);
  return status.type() == std::filesystem::file_type::not_found ? "" : installed;
}

}  // namespace o2o

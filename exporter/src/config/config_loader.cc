// SPDX-License-Identifier: Apache-2.0
#include "config/config_loader.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/text.h"
#include "config/address.h"
#include "config/config_reader.h"
#include "config/text_file.h"
#include "config/yaml_document.h"
#include "embedded/kDefaultConfig.h"

namespace o2o {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxNameBytes = 64;  // of sources, statuses, order types: they become label values
constexpr std::size_t kMaxListEntries =
    100;  // of statuses, order types, sources: each costs series or a thread
constexpr std::size_t kMaxErrorLines = 100;
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

// Nothing where the DSN could not be had.
std::optional<StoreConfig> ReadStore(MapReader store, bool needed) {
  if (!needed) store.Tolerate();
  StoreConfig config;
  const bool has_dsn = store.SecretText("dsn", config.dsn);
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
  entry.FailValue("outcome", "is no outcome, want open, completed or failed");
}

StatusRule ReadStatus(MapReader& entry, std::set<std::string>& seen) {
  StatusRule rule;
  entry.Require("status", "want the word that the OMS uses");
  if (entry.Text("status", rule.status)) {
    if (rule.status.size() > kMaxNameBytes)
      entry.FailValue("status", "is longer than 64 bytes, want a shorter word");
    if (!seen.insert(rule.status).second)
      entry.FailValue("status", "stands there twice, give each status once");
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

void ReadTls(MapReader tls, TlsConfig& config) {
  tls.File("ca_file", config.ca_file);
  tls.File("client_cert_file", config.client_cert_file);
  tls.File("client_key_file", config.client_key_file);
  tls.Boolean("insecure_skip_verify", config.insecure_skip_verify);
  if (!config.client_key_file.empty() && config.client_cert_file.empty()) {
    tls.Fail("client_key_file", "given without client_cert_file, want both");
  }
}

void ReadUrl(MapReader& oms, std::string& url) {
  oms.Require("url", "want the base URL of the OMS, like https://oms.example.com");
  if (!oms.Text("url", url)) return;
  if (const auto problem = UrlProblem(url)) oms.Fail("url", *problem);
  while (url.ends_with('/')) url.pop_back();
}

void ReadTimeZone(MapReader& oms, TimeZone& zone) {
  std::string name;
  if (!oms.Text("timezone", name)) return;
  if (const std::optional<TimeZone> found = TimeZone::Find(name)) {
    zone = *found;
  } else {
    oms.FailValue("timezone", "is no known time zone, want one like UTC, Asia/Ho_Chi_Minh or +07:00");
  }
}

SourceKindConfig ReadOms(MapReader oms) {
  OmsSourceConfig config;
  ReadUrl(oms, config.url);
  oms.SecretText("api_key", config.api_key);
  ReadTimeZone(oms, config.timezone);
  oms.Duration("overlap", config.overlap, {minutes(1), days(1)});
  oms.Duration("initial_lookback", config.initial_lookback, {minutes(1), days(365)});
  constexpr std::int64_t kMostRows = 1'000'000;
  oms.Integer("limit", config.limit, {1, kMostRows});
  oms.Integer("max_limit", config.max_limit, {1, kMostRows});
  if (config.limit > config.max_limit) {
    oms.Fail(oms.Has("limit") ? "limit" : "max_limit",
             "limit " + std::to_string(config.limit) + " is above max_limit " +
                 std::to_string(config.max_limit) + ", want limit <= max_limit");
  }
  oms.Bytes("max_body", config.max_body_bytes, {1u << 10, 1u << 30});
  ReadTls(oms.Section("tls"), config.tls);
  return config;
}

// A kind of source: the block that chooses it and what reads the block. A new kind is one more row.
struct SourceKind {
  std::string_view key;
  bool needs_store;  // keeps what it finds in PostgreSQL; at most one such source can be on
  SourceKindConfig (*read)(MapReader block);
};
constexpr SourceKind kSourceKinds[] = {{"oms", true, ReadOms}};

// What reading one source tells about the others.
struct SourcesSeen {
  std::set<std::string> names;
  std::string storing;  // the enabled one that keeps orders
};

bool IsSourceName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

void ReadSourceName(MapReader& entry, std::string& name, SourcesSeen& seen) {
  entry.Require("name", "want a short name like orders");
  if (!entry.Text("name", name)) return;
  if (!IsSourceName(name)) {
    entry.FailValue("name", "is no source name, want at most 64 of a-z, 0-9 and -, beginning with a letter");
  } else if (!seen.names.insert(name).second) {
    entry.FailValue("name", "stands there twice, give each source its own name");
  }
}

void ReadRhythm(MapReader& entry, SourceConfig& config) {
  entry.Duration("interval", config.interval, {Millis(100), days(1)});
  const bool own_timeout = entry.Duration("timeout", config.timeout, {Millis(10), days(1)});
  if (config.timeout >= config.interval) {
    entry.Fail(own_timeout ? "timeout" : "interval",
               "the timeout of " + FormatDuration(config.timeout) + (own_timeout ? "" : " (the default)") +
                   " is not below the interval of " + FormatDuration(config.interval) +
                   ", want a shorter timeout or a longer interval");
  }
  config.stale_after = 3 * config.interval;
  if (entry.Duration("stale_after", config.stale_after, {seconds(1), days(30)}) &&
      config.stale_after <= config.interval) {
    entry.FailValue("stale_after", "is not above the interval of " + FormatDuration(config.interval) +
                                       ", want two intervals or more");
  }
}

// The kind whose block is there; nothing (and reported) if there is none or more than one.
const SourceKind* FindKind(MapReader& entry) {
  const SourceKind* found = nullptr;
  std::string keys;
  for (const SourceKind& kind : kSourceKinds) {
    keys += (keys.empty() ? "" : ", ") + std::string(kind.key);
    if (!entry.Has(kind.key)) continue;
    if (found) {
      entry.Fail(kind.key, "given beside " + std::string(found->key) + ", want one kind of source");
      return nullptr;
    }
    found = &kind;
  }
  if (!found) entry.FailHere("has no kind, want one of these blocks: " + keys);
  return found;
}

void ReadSource(MapReader& entry, SourcesSeen& seen, Config& config) {
  SourceConfig source;
  ReadSourceName(entry, source.name, seen);
  const bool enabled = entry.Switch("enabled_if");
  if (!enabled) entry.Tolerate();
  ReadRhythm(entry, source);
  const SourceKind* kind = FindKind(entry);
  if (!kind) return;
  source.kind = kind->read(entry.Section(kind->key));
  if (!enabled) {
    config.disabled.push_back(source.name);
    return;
  }
  if (kind->needs_store) {
    if (!seen.storing.empty()) {
      entry.Fail(kind->key,
                 "a second source that keeps orders beside " + seen.storing + ", want one at most");
    }
    seen.storing = source.name.empty() ? "another" : source.name;
  }
  config.sources.push_back(std::move(source));
}

void ReadConfig(MapReader root, Config& config) {
  ReadWeb(root.Section("web"), config.web);
  ReadOrders(root.Section("orders"), config.orders);
  SourcesSeen seen;
  std::size_t count = 0;
  root.Require("sources", "want at least one source");
  if (root.Each("sources", [&](MapReader& entry) {
        ++count;
        ReadSource(entry, seen, config);
      })) {
    if (count == 0) root.Fail("sources", "is empty, want at least one source");
    if (count > kMaxListEntries) root.Fail("sources", "has more than 100 entries, want fewer");
  }
  const bool needs_store = !seen.storing.empty();
  if (root.Has("store")) {
    config.store = ReadStore(root.Section("store"), needs_store);
  } else if (needs_store) {
    root.Require("store", "source " + seen.storing +
                              " keeps orders in PostgreSQL, want a store section with dsn or dsn_file");
  }
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

ConfigErrors Errors(const std::string& name, std::vector<YamlProblem> problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const YamlProblem& a, const YamlProblem& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  ConfigErrors errors;
  for (const YamlProblem& problem : problems) {
    if (errors.lines.size() == kMaxErrorLines) {
      errors.lines.push_back(name + ": and " + std::to_string(problems.size() - kMaxErrorLines) + " more");
      break;
    }
    errors.lines.push_back(Line(name, problem));
  }
  return errors;
}

}  // namespace

tl::expected<ValidatedConfig, ConfigErrors> ConfigLoader::LoadText(std::string_view text,
                                                                   const std::string& name,
                                                                   const std::string& directory) const {
  YamlDocument document = ParseYaml(text);
  Reading reading{environment_, directory, std::move(document.problems)};
  Config config;
  if (document.readable) {
    ReadConfig(MapReader(reading, &document.root, "", document.root.at), config);
  }
  if (!reading.problems.empty())
    return tl::unexpected<ConfigErrors>(Errors(name, std::move(reading.problems)));
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

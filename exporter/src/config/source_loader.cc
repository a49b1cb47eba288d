// SPDX-License-Identifier: Apache-2.0
#include "config/source_loader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "config/family_names.h"
#include "config/mapping_loader.h"
#include "config/named_servers.h"
#include "config/source_names.h"

namespace o2o {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t kMaxSources = 100;  // each costs a thread

// What reading one source needs and says about the others.
struct SourcesSeen {
  std::span<const SourceKind> kinds;
  std::string_view only;  // the one source that is to be polled; empty: all
  std::set<std::string> names;
  std::string storing;  // the enabled one that keeps orders
  std::map<const SourceKind*, std::unique_ptr<NamedServers>> servers{};
  FamilyNames families;
};

void ReadSourceName(MapReader& entry, std::string& name, SourcesSeen& seen) {
  entry.Require("name", "want a short name like orders");
  if (!entry.Text("name", name)) return;
  if (const auto problem = SourceNameProblem(name)) {
    entry.FailValue("name", *problem);
  } else if (!seen.names.insert(name).second) {
    entry.FailValue("name", "appears twice, give each source its own name");
  }
}

void ReadRhythm(MapReader& entry, SourceConfig& config) {
  entry.Duration("interval", config.interval, {Millis(100), days(1)});
  config.timeout = std::min(Millis(seconds(60)), config.interval * 2 / 3);
  if (entry.Duration("timeout", config.timeout, {Millis(10), days(1)}) && config.timeout >= config.interval) {
    entry.Fail("timeout", "the timeout of " + FormatDuration(config.timeout) +
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

// The kind whose block is present; nothing (and reported) if there is none or more than one.
const SourceKind* FindKind(MapReader& entry, std::span<const SourceKind> kinds) {
  const SourceKind* found = nullptr;
  std::string keys;
  for (const SourceKind& kind : kinds) {
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
  source.fingerprint = entry.Fingerprint();
  const bool switched_on = entry.Switch("enabled_if");
  const bool left_out = !seen.only.empty() && source.name != seen.only;
  const bool enabled = switched_on && !left_out;
  if (!enabled) entry.Tolerate();
  ReadRhythm(entry, source);
  const SourceKind* kind = FindKind(entry, seen.kinds);
  const auto servers = seen.servers.find(kind);
  const MappingPlace place{entry, source.name, seen.families, enabled,
                           servers == seen.servers.end() ? nullptr : servers->second.get()};
  if (!kind) {
    if (HasMapping(entry)) ReadMapping(place, RowShape::kAny);  // for its mistakes
    return;
  }
  source.kind = kind->key;
  source.kind_config = kind->read(entry.Section(kind->key), place);
  if (!enabled) {
    (switched_on ? config.left_out : config.disabled).push_back(source.name);
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

}  // namespace

std::string ReadSources(MapReader& root, std::span<const SourceKind> kinds, std::string_view only,
                        Config& config) {
  SourcesSeen seen;
  seen.kinds = kinds;
  seen.only = only;
  for (const SourceKind& kind : kinds) {
    if (!kind.servers_key.empty()) seen.servers[&kind] = std::make_unique<NamedServers>(root, kind);
  }
  std::size_t count = 0;
  // A store alone is something to read: orders that others write.
  const bool may_be_none = root.Has("store");
  if (!may_be_none) root.Require("sources", "want at least one source");
  if (root.Each("sources", [&](MapReader& entry) {
        ++count;
        ReadSource(entry, seen, config);
      })) {
    if (count == 0 && !may_be_none) root.Fail("sources", "is empty, want at least one source");
    if (count > kMaxSources) root.Fail("sources", "has more than 100 entries, want fewer");
  }
  for (const auto& [kind, servers] : seen.servers) servers->ReadRest();
  return seen.storing;
}

}  // namespace o2o

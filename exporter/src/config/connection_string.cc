// SPDX-License-Identifier: Apache-2.0
#include "config/connection_string.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "config/suggestion.h"

namespace o2o {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

constexpr std::string_view kSslModes[] = {"disable", "allow",     "prefer",
                                          "require", "verify-ca", "verify-full"};

std::string Malformed() {
  return "is malformed, want postgresql://user:password@host:port/dbname (special characters in the password "
         "as %XX) or key=value pairs (a value with spaces in single quotes)";
}

std::vector<std::string> Keywords() {
  std::vector<std::string> words;
  const Options known(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = known.get(); option && option->keyword; ++option) {
    words.emplace_back(option->keyword);
  }
  return words;
}

// Options of other programs' connection strings, and what to write instead.
struct ForeignOption {
  std::string_view name;
  std::string_view instead;
};
constexpr std::string_view kLeaveOut = "leave it out";
constexpr std::string_view kPooling =
    "leave it out, o2o-exporter keeps two connections and works behind PgBouncer";
constexpr std::string_view kStatements = "leave it out, no statement is prepared";
constexpr std::string_view kSchema = "leave it out, the schema is not part of the connection";
constexpr std::string_view kSsl = "write sslmode=require or sslmode=verify-full";
constexpr std::string_view kConnectTimeout = "write connect_timeout, in seconds";
constexpr ForeignOption kForeignOptions[] = {
    {"ApplicationName", "write application_name"},
    {"binaryTransfer", kStatements},
    {"charset", kLeaveOut},
    {"command_timeout", "set store.statement_timeout"},
    {"connectTimeout", kConnectTimeout},
    {"connection_limit", kPooling},
    {"currentSchema", kSchema},
    {"encoding", kLeaveOut},
    {"loadBalanceHosts", kLeaveOut},
    {"lock_timeout", "set store.lock_timeout"},
    {"loginTimeout", kConnectTimeout},
    {"max_conns", kPooling},
    {"pgbouncer", kPooling},
    {"pool_max_conns", kPooling},
    {"pool_mode", kPooling},
    {"pool_size", kPooling},
    {"pool_timeout", kPooling},
    {"preferQueryMode", kStatements},
    {"prepareThreshold", kStatements},
    {"schema", kSchema},
    {"search_path", kSchema},
    {"serverTimezone", kLeaveOut},
    {"socketTimeout", "set store.statement_timeout"},
    {"socket_timeout", "set store.statement_timeout"},
    {"ssl", kSsl},
    {"sslaccept", kSsl},
    {"sslfactory", kSsl},
    {"sslidentity", "write sslcert and sslkey"},
    {"statement_cache_size", kStatements},
    {"statement_timeout", "set store.statement_timeout"},
    {"targetServerType", "write target_session_attrs"},
    {"tcpKeepAlive", "write keepalives"},
    {"timezone", kLeaveOut},
    {"uselibpqcompat", kLeaveOut},
};

// libpq's message names the option that it does not know. That may be a piece of the password; one of ours,
// or the one that was probably meant, is not.
std::string DescribeParseFailure(std::string_view message) {
  for (const std::string_view start : {"invalid connection option \"", "invalid URI query parameter: \""}) {
    if (!message.starts_with(start)) continue;
    message.remove_prefix(start.size());
    const std::string_view name = message.substr(0, message.find('"'));
    for (const ForeignOption& option : kForeignOptions) {
      if (!EqualsIgnoringCase(name, option.name)) continue;
      return "has the option " + std::string(option.name) +
             ", which PostgreSQL does not know: " + std::string(option.instead);
    }
    const std::string hint = Suggestion(name, Keywords());
    if (hint.starts_with("did you mean")) return "has an option that PostgreSQL does not know, " + hint;
  }
  return Malformed();
}

// What other programs put in front; libpq takes such a string for key=value pairs.
std::optional<std::string> ForeignScheme(std::string_view dsn) {
  const std::string_view scheme = dsn.substr(0, dsn.find("://"));
  if (scheme.size() == dsn.size() || scheme == "postgresql" || scheme == "postgres") return std::nullopt;
  for (const std::string_view known : {"jdbc:postgresql", "postgresql+", "postgres+", "postgis", "r2dbc:"}) {
    if (!scheme.starts_with(known)) continue;
    return "begins as for another program, want it to begin with postgresql:// (and user:password@ before "
           "the "
           "host)";
  }
  return std::nullopt;
}

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

// One for all hosts or one for each; an empty one is PostgreSQL's default.
bool ArePorts(std::string_view text) {
  for (;;) {
    const std::string_view port = text.substr(0, text.find(','));
    if (!port.empty() && !IsPort(port)) return false;
    if (port.size() == text.size()) return true;
    text.remove_prefix(port.size() + 1);
  }
}

std::optional<std::string> ProblemOf(std::string_view keyword, std::string_view value) {
  if (keyword == "port" && !ArePorts(value)) {
    return "has a port that is not a number from 1 to 65535, want "
           "postgresql://user:password@host:port/dbname "
           "(special characters in the password as %XX)";
  }
  if (keyword == "sslmode" && !value.empty() &&
      std::find(std::begin(kSslModes), std::end(kSslModes), value) == std::end(kSslModes)) {
    return std::string("has an sslmode that PostgreSQL does not know, want ") +
           (value.find('&') == std::string_view::npos ? ""
                                                      : "key=value pairs with blanks (not &) between, and ") +
           "disable, allow, prefer, require, verify-ca or verify-full";
  }
  return std::nullopt;
}

}  // namespace

Result<ConnectionSettings> ParseConnectionString(const Secret& dsn) {
  if (auto problem = ForeignScheme(dsn.Reveal())) return Fail(ErrorCode::kConfig, std::move(*problem));
  char* message = nullptr;
  const Options options(PQconninfoParse(dsn.Reveal().c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  if (!options) return Fail(ErrorCode::kConfig, DescribeParseFailure(message ? message : ""));
  ConnectionSettings settings;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val) continue;
    // What libpq itself looks at only when it connects.
    if (auto problem = ProblemOf(option->keyword, option->val)) {
      return Fail(ErrorCode::kConfig, std::move(*problem));
    }
    settings.emplace_back(option->keyword, option->val);
  }
  return settings;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/connection_string.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <vector>

#include "config/suggestion.h"

namespace o2o {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

constexpr std::string_view kSslModes[] = {"disable", "allow",     "prefer",
                                          "require", "verify-ca", "verify-full"};

std::string Malformed() {
  return "is malformed, want postgresql://user:password@host:port/dbname (special characters in the password "
         "as "
         "%XX) or key=value pairs (a value with spaces in single quotes)";
}

std::vector<std::string> Keywords() {
  std::vector<std::string> words;
  const Options known(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = known.get(); option && option->keyword; ++option) {
    words.emplace_back(option->keyword);
  }
  return words;
}

// libpq's message names the option that it does not know. That may be a piece of the password, the option
// that was probably meant is not.
std::string DescribeParseFailure(std::string_view message) {
  for (const std::string_view start : {"invalid connection option \"", "invalid URI query parameter: \""}) {
    if (!message.starts_with(start)) continue;
    message.remove_prefix(start.size());
    const std::string hint = Suggestion(message.substr(0, message.find('"')), Keywords());
    if (hint.starts_with("did you mean")) return "has an option that PostgreSQL does not know, " + hint;
  }
  return Malformed();
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

}  // namespace

std::optional<std::string> ConnectionStringProblem(const Secret& dsn) {
  char* message = nullptr;
  const Options options(PQconninfoParse(dsn.Reveal().c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  if (!options) return DescribeParseFailure(message ? message : "");
  // What libpq looks at when it connects.
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    const std::string_view keyword = option->keyword;
    const std::string_view value = option->val ? option->val : "";
    if (keyword == "port" && !ArePorts(value)) {
      return "has a port that is no number from 1 to 65535, want postgresql://user:password@host:port/dbname "
             "(special characters in the password as %XX)";
    }
    if (keyword == "sslmode" && !value.empty() &&
        std::find(std::begin(kSslModes), std::end(kSslModes), value) == std::end(kSslModes)) {
      return "has an sslmode that PostgreSQL does not know, want disable, allow, prefer, require, verify-ca "
             "or "
             "verify-full";
    }
  }
  return std::nullopt;
}

ConnectionSettings ParseConnectionString(const Secret& dsn) {
  char* message = nullptr;
  const Options options(PQconninfoParse(dsn.Reveal().c_str(), &message), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
  ConnectionSettings settings;
  if (!options) return settings;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (option->val) settings.emplace_back(option->keyword, option->val);
  }
  return settings;
}

}  // namespace o2o

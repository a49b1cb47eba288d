// SPDX-License-Identifier: Apache-2.0
#include "store/connection_text.h"

#include <algorithm>
#include <cctype>

namespace o2o {
namespace {

constexpr std::string_view kMalformed =
    "the connection string is malformed: expected postgresql://user:password@host:port/dbname (special "
    "characters "
    "in the password as %XX) or key=value pairs";

bool IsUri(std::string_view dsn) {
  return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
}

bool UriSets(std::string_view uri, const std::string& key) {
  return uri.find("?" + key + "=") != std::string_view::npos ||
         uri.find("&" + key + "=") != std::string_view::npos;
}

// The password as it stands in the string; empty if there is none to be found.
std::string_view PasswordIn(std::string_view dsn) {
  if (IsUri(dsn)) {
    const std::string_view rest = dsn.substr(dsn.find("://") + 3);
    const std::size_t at = rest.rfind('@');
    const std::size_t colon = rest.find(':');
    if (at != std::string_view::npos && colon < at) return rest.substr(colon + 1, at - colon - 1);
  }
  const std::size_t key = dsn.find("password");
  const std::size_t equals = key == std::string_view::npos ? key : dsn.find('=', key);
  if (equals == std::string_view::npos) return {};
  std::string_view value = dsn.substr(equals + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  const bool quoted = value.starts_with('\'');
  if (quoted) value.remove_prefix(1);
  return value.substr(0, value.find_first_of(quoted ? "'" : IsUri(dsn) ? "&" : " "));
}

bool IsPlainName(std::string_view text) {
  return text.size() <= 128 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '.' || c == '-' || c == '/' || c == ':';
         });
}

std::string HideOddQuotes(std::string_view line) {
  std::string shown;
  while (!line.empty()) {
    const std::size_t open = line.find('"');
    const std::size_t close = open == std::string_view::npos ? open : line.find('"', open + 1);
    if (close == std::string_view::npos)
      return open == std::string_view::npos ? shown + std::string(line)
                                            : shown + std::string(line.substr(0, open)) + "...";
    const std::string_view quoted = line.substr(open + 1, close - open - 1);
    shown += line.substr(0, open + 1);
    shown += IsPlainName(quoted) ? quoted : "...";
    shown += '"';
    line.remove_prefix(close + 1);
  }
  return shown;
}

}  // namespace

std::string WithDefaults(const Secret& dsn, const ConnectionSettings& defaults) {
  const std::string& text = dsn.Reveal();
  std::string result;
  if (IsUri(text)) {
    result = text;
    char separator = text.find('?') == std::string::npos ? '?' : '&';
    for (const auto& [key, value] : defaults) {
      if (UriSets(text, key)) continue;
      result += separator + key + "=" + value;
      separator = '&';
    }
    return result;
  }
  for (const auto& [key, value] : defaults) result += key + "=" + value + " ";
  return result + text;  // of a key given twice libpq takes the last
}

std::string DescribeConnectFailure(std::string_view message, const Secret& dsn) {
  const std::string_view line = message.substr(0, message.find('\n'));
  if (!line.starts_with("connection to server") && !line.starts_with("could not translate host name")) {
    return std::string(kMalformed);
  }
  std::string shown = HideOddQuotes(line);
  const std::string_view password = PasswordIn(dsn.Reveal());
  if (!password.empty() && shown.find(password) != std::string::npos) {
    return "the server could not be reached or refused us (its message is not shown, it contains the "
           "password)";
  }
  return shown;
}

}  // namespace o2o

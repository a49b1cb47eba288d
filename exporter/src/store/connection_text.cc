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

ConnectionSettings WithDefaults(ConnectionSettings settings, const ConnectionSettings& defaults) {
  for (const auto& [keyword, value] : defaults) {
    const bool set =
        std::any_of(settings.begin(), settings.end(), [&](const auto& one) { return one.first == keyword; });
    if (!set) settings.emplace_back(keyword, value);
  }
  return settings;
}

std::string DescribeConnectFailure(std::string_view message, const ConnectionSettings& settings) {
  const std::string_view line = message.substr(0, message.find('\n'));
  if (!line.starts_with("connection to server") && !line.starts_with("could not translate host name")) {
    return std::string(kMalformed);
  }
  std::string shown = HideOddQuotes(line);
  for (const auto& [keyword, value] : settings) {
    if (keyword.ends_with("password") && !value.empty() && shown.find(value) != std::string::npos) {
      return "the server could not be reached or refused us (its message is not shown, it contains the "
             "password)";
    }
  }
  return shown;
}

}  // namespace o2o

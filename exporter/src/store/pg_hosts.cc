// SPDX-License-Identifier: Apache-2.0
#include "store/pg_hosts.h"

#include <netdb.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace o2o {
namespace {

constexpr std::size_t kMaxAddresses = 16;

std::string ValueOf(const ConnectionSettings& settings, std::string_view keyword) {
  for (const auto& [name, value] : settings) {
    if (name == keyword) return value;
  }
  return "";
}

void Set(ConnectionSettings& settings, const std::string& keyword, const std::string& value) {
  for (auto& [name, old] : settings) {
    if (name != keyword) continue;
    old = value;
    return;
  }
  settings.emplace_back(keyword, value);
}

std::vector<std::string> SplitAtCommas(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

// The addresses of one host; none if there is nothing to look up, or nothing was found (libpq reports that).
std::vector<std::string> LookUp(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return {};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) addresses.emplace_back(text);
  }
  return addresses;
}

}  // namespace

ConnectionSettings WithDefaults(ConnectionSettings settings, const ConnectionSettings& defaults) {
  for (const auto& setting : defaults) {
    const bool set = std::any_of(settings.begin(), settings.end(),
                                 [&](const auto& one) { return one.first == setting.first; });
    if (!set) settings.push_back(setting);
  }
  return settings;
}

std::vector<ConnectionSettings> AddressesOf(const ConnectionSettings& settings) {
  const std::vector<std::string> hosts = SplitAtCommas(ValueOf(settings, "host"));
  const std::vector<std::string> given = SplitAtCommas(ValueOf(settings, "hostaddr"));
  const std::vector<std::string> ports = SplitAtCommas(ValueOf(settings, "port"));
  const std::size_t count = std::max(hosts.size(), given.size());
  // Counts that do not match are libpq's to refuse.
  const auto matches = [count](const std::vector<std::string>& list) {
    return list.size() == count || (list.size() == 1 && list.front().empty());
  };
  if (!matches(hosts) || !matches(given) || (!matches(ports) && ports.size() != 1)) return {settings};
  std::vector<ConnectionSettings> all;
  bool several = count > 1;
  for (std::size_t i = 0; i < count; ++i) {
    ConnectionSettings one = settings;
    const std::string host = hosts.size() == count ? hosts[i] : "";
    Set(one, "host", host);
    Set(one, "port", ports.size() == 1 ? ports.front() : ports[i]);
    std::vector<std::string> addresses =
        given.size() == count && !given[i].empty() ? std::vector{given[i]} : LookUp(host);
    if (addresses.empty()) addresses.emplace_back();
    // One of each family is the same server twice.
    const auto v6 = std::count_if(addresses.begin(), addresses.end(),
                                  [](const std::string& one) { return one.find(':') != std::string::npos; });
    several = several || v6 > 1 || static_cast<std::ptrdiff_t>(addresses.size()) - v6 > 1;
    for (const std::string& address : addresses) {
      if (all.size() == kMaxAddresses) break;
      Set(one, "hostaddr", address);
      all.push_back(one);
    }
  }
  if (several && ValueOf(settings, "target_session_attrs").empty()) {
    for (ConnectionSettings& one : all) Set(one, "target_session_attrs", "read-write");
  }
  return all;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time_zone.h"
#include "config/config.h"
#include "config/config_reader.h"
#include "config/url_problem.h"

// What the blocks of all kinds of source have in common: where the upstream is and how to get there.
namespace o2o {

// The ceilings that `max_body` may set where a body is streamed.
inline constexpr Range<std::uint64_t> kBodyRange{1u << 10, 1ull << 34};

// `hint` says what would be right where there is none.
void ReadUrl(MapReader& block, std::string_view hint, const UrlRules& rules, std::string& url);
void ReadTls(MapReader tls, TlsConfig& config);
void ReadProxy(MapReader& block, ProxyConfig& proxy);

using Headers = std::vector<std::pair<std::string, Secret>>;

// `headers` and `headers_file`. `taken`: in lower case, those that other keys of the block set, each with
// what is then to be said.
using TakenHeaders = std::map<std::string, std::string>;
void ReadHeaders(MapReader& block, const TakenHeaders& taken, Headers& headers);
// `timezone`, of the times that come without an offset.
void ReadTimeZone(MapReader& block, TimeZone& zone);

}  // namespace o2o

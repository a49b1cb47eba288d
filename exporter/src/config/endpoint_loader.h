// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time_zone.h"
#include "config/address.h"
#include "config/config.h"
#include "config/config_reader.h"

// What the blocks of all kinds of source have in common: where the upstream is and how to get there.
namespace o2o {

// The ceilings that `max_body` may set where a body is streamed.
inline constexpr Range<std::uint64_t> kBodyRange{1u << 10, 1ull << 34};

// `hint` says what would be right where there is none.
void ReadUrl(MapReader& block, std::string_view hint, const UrlRules& rules, std::string& url);
void ReadTls(MapReader tls, TlsConfig& config);
void ReadProxy(MapReader& block, std::string& proxy_url);
// `timezone`, of the times that come without an offset.
void ReadTimeZone(MapReader& block, TimeZone& zone);

}  // namespace o2o

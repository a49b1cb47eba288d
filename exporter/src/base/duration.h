// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace o2o {

using Millis = std::chrono::milliseconds;

// Prometheus spelling: "1h30m", "500ms", "30s", "7d", "2w", "1y"; units in falling order, each once. A bare number is seconds, since the
// proof of concept's variables (VENDOR_STATUS_JOB_INTERVAL=185) are.
std::optional<Millis> ParseDuration(std::string_view text);
std::string FormatDuration(Millis duration);

// "64MiB", "10kB", "1024": a number of bytes.
std::optional<std::uint64_t> ParseByteSize(std::string_view text);

}  // namespace o2o

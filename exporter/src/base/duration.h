// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace o2o {

using Millis = std::chrono::milliseconds;

// Prometheus spelling: "1h30m", "500ms", "30s", "7d", "2w", "1y" (365 days); units in falling order, each
// once. A bare number is seconds, since the proof of concept's variables (VENDOR_STATUS_JOB_INTERVAL=185)
// are. No sign, no fraction; nothing if it is neither or does not fit.
std::optional<Millis> ParseDuration(std::string_view text);
// The same spelling, with a minus in front of a negative one; "0s" for zero.
std::string FormatDuration(Millis duration);

// "64MiB", "10kB", "1024", "1GB": a whole number of bytes; k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of
// 1024.
std::optional<std::uint64_t> ParseByteSize(std::string_view text);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// Structured log lines on stderr: a constant message and key=value fields, as logfmt
//   ts=2026-11-20T10:00:00.123Z level=info msg="source failed" source=orders reason=timeout
// or as one JSON object. Values may be anything: they are quoted, escaped, repaired and cut at 4 KiB, so that
// none can forge a line.
//   error  a person should look        warn   degraded, working on
//   info   change of state             debug  each poll, each scrape
// Thread-safe; one line is one write. Never throws, and never waits: where nobody reads stderr, or it cannot
// be written to, lines are dropped and counted.
namespace o2o::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kLogfmt, kJson };

struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

// Call once before threads start; without it: info, logfmt.
void Configure(Level level, Format format);

// Lines that were dropped since the process started.
std::uint64_t DroppedLines();

// Waits until what was logged so far is written, but no longer than that; says whether it is. For the end of
// the process.
bool Flush(std::chrono::milliseconds at_most);

void Debug(std::string_view message, Fields fields = {});
void Info(std::string_view message, Fields fields = {});
void Warn(std::string_view message, Fields fields = {});
void Error(std::string_view message, Fields fields = {});

}  // namespace o2o::log

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// Structured log lines on stderr: a constant message and key=value fields.
//   error  a person should look        warn   degraded, working on
//   info   change of state             debug  each poll, each scrape
// Thread-safe; one line is one write.
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

void Debug(std::string_view message, Fields fields = {});
void Info(std::string_view message, Fields fields = {});
void Warn(std::string_view message, Fields fields = {});
void Error(std::string_view message, Fields fields = {});

}  // namespace o2o::log

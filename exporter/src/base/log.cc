// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "base/line_writer.h"
#include "base/redaction.h"
#include "base/text.h"
#include "base/time_text.h"

namespace o2o::log {
namespace {

// A field longer than this is cut: an upstream's error page must not become a log line of megabytes.
constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::size_t kMaxMaskedBytes = 64u << 10;  // looked through for secrets; longer than any of them

// Of lines that wait for the reader of stderr: a few thousand.
constexpr std::size_t kMaxWaitingBytes = 1u << 20;

std::atomic<Level> g_level{Level::kInfo};
std::atomic<Format> g_format{Format::kLogfmt};

std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
  }
  return "error";
}

// Characters that end a line, move a terminal's cursor or turn the writing direction.
bool IsUnsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

// The character at the head of valid UTF-8, and its length.
char32_t FirstCharacter(std::string_view text, std::size_t& bytes) {
  const auto lead = static_cast<unsigned char>(text[0]);
  bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  static constexpr std::array<unsigned, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t c = lead & kLeadBits[bytes];
  for (std::size_t i = 1; i < bytes; ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return c;
}

// A JSON string, which logfmt readers take too.
void AppendQuoted(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    std::size_t bytes = 0;
    const char32_t c = FirstCharacter(text, bytes);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += static_cast<char>(c);
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (IsUnsafe(c)) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      line += escape;
    } else {
      line.append(text, 0, bytes);
    }
    text.remove_prefix(bytes);
  }
  line += '"';
}

bool IsBareWord(std::string_view text) {
  for (char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
  }
  return !text.empty();
}

void AppendField(std::string& line, Format format, std::string_view key, std::string_view raw) {
  // Cut first, so that the work stays bounded; the repair may grow it, but not beyond three times.
  // Masked before that, or the beginning of a secret would be left.
  const std::string masked = redaction::Mask(std::string(raw.substr(0, kMaxMaskedBytes)));
  raw = masked;
  const bool cut = raw.size() > kMaxValueBytes;
  std::string value = RepairUtf8(cut ? CutUtf8(raw, kMaxValueBytes) : raw);
  if (cut) value += "...";
  if (format == Format::kJson) {
    line += line.empty() ? "{" : ",";
    AppendQuoted(line, RepairUtf8(key));
    line += ':';
    AppendQuoted(line, value);
    return;
  }
  if (!line.empty()) line += ' ';
  for (char c : key) line += IsBareWord(std::string_view(&c, 1)) ? c : '_';
  line += '=';
  if (IsBareWord(value)) {
    line += value;
  } else {
    AppendQuoted(line, value);
  }
}

std::string NowText() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string text = FormatTime(std::chrono::floor<std::chrono::seconds>(now));
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(now.time_since_epoch().count() % 1000));
  text.replace(text.size() - 1, 1, millis);
  return text;
}

// Never destroyed: threads may log while the program ends.
LineWriter& Output() {
  static LineWriter& writer = *new LineWriter(STDERR_FILENO, kMaxWaitingBytes);
  return writer;
}

std::string Line(Format format, Level level, std::string_view message, Fields fields) {
  std::string line;
  AppendField(line, format, "ts", NowText());
  AppendField(line, format, "level", Name(level));
  AppendField(line, format, "msg", message);
  for (const Field& field : fields) AppendField(line, format, field.key, field.value);
  if (format == Format::kJson) line += '}';
  line += '\n';
  return line;
}

// Before the first line after a loss, so that it appears where lines are missing.
void ReportLoss(Format format) {
  static std::atomic<std::uint64_t> reported{0};
  const std::uint64_t dropped = Output().dropped();
  const std::uint64_t before = reported.exchange(dropped);
  if (dropped <= before) return;
  Output().Write(
      Line(format, Level::kWarn, "log lines were dropped", {{"lines", std::to_string(dropped - before)}}));
}

void Write(Level level, std::string_view message, Fields fields) noexcept {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  try {
    const Format format = g_format.load(std::memory_order_relaxed);
    ReportLoss(format);
    Output().Write(Line(format, level, message, fields));
  } catch (...) {
    // Out of memory: a log line is not worth the program.
  }
}

}  // namespace

void Configure(Level level, Format format) {
  g_level = level;
  g_format = format;
}

std::uint64_t DroppedLines() { return Output().dropped(); }

bool Flush(std::chrono::milliseconds at_most) { return Output().Flush(at_most); }

void Debug(std::string_view message, Fields fields) { Write(Level::kDebug, message, fields); }
void Info(std::string_view message, Fields fields) { Write(Level::kInfo, message, fields); }
void Warn(std::string_view message, Fields fields) { Write(Level::kWarn, message, fields); }
void Error(std::string_view message, Fields fields) { Write(Level::kError, message, fields); }

}  // namespace o2o::log

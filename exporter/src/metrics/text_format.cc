// SPDX-License-Identifier: Apache-2.0
#include "metrics/text_format.h"

#include <charconv>
#include <cmath>

namespace o2o {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the UTF-8 sequence at the start of `text`, 0 where there is no valid one. RFC 3629: no overlong
// forms, no surrogates, nothing beyond U+10FFFF.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [](unsigned b) { return (b & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(byte(1)) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && continues(byte(2)) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && continues(byte(2)) && continues(byte(3)) ? 4 : 0;
  }
  return 0;
}

// Letters, digits and the like: neither escaped nor in need of a check. No early exit, so that the compiler vectorizes it.
bool IsPlain(std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    plain &= (u > '\n') & (u < 0x80) & (c != '"') & (c != '\\');
  }
  return plain;
}

void AppendEscaped(std::string& out, std::string_view text, bool escape_quotes) {
  if (IsPlain(text)) {
    out += text;
    return;
  }
  const std::string clean = RepairText(text);
  for (const char c : clean) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && escape_quotes)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

template <typename Number, typename... Form>
std::string ToText(Number value, Form... form) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, form...).ptr;
  return std::string(buffer, end);
}

}  // namespace

bool IsCleanText(std::string_view text) {
  bool ascii = true;
  for (const char c : text) ascii &= static_cast<signed char>(c) > 0;
  if (ascii) return true;
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0 || text[0] == '\0') return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string RepairText(std::string_view text) {
  if (IsCleanText(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + kReplacement.size());
  while (!text.empty()) {
    const std::size_t length = text[0] == '\0' ? 0 : SequenceLength(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void AppendLabelValue(std::string& out, std::string_view value) { AppendEscaped(out, value, true); }

std::string FormatValue(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Whole numbers as people write them, where to_chars would find 1.7e+09 shorter.
  constexpr double kExactIntegers = 9007199254740992.0;
  if (value == std::floor(value) && std::abs(value) <= kExactIntegers && !(value == 0 && std::signbit(value))) {
    return FormatValue(static_cast<std::int64_t>(value));
  }
  return ToText(value);
}

std::string FormatValue(std::int64_t value) { return ToText(value); }

std::string FormatBound(double bound) {
  if (std::isnan(bound) || std::isinf(bound)) return FormatValue(bound);
  const double size = std::abs(bound);
  // Where Go, and so Prometheus' canonical spelling, changes to an exponent.
  if (size != 0 && (size < 1e-4 || size >= 1e6)) return ToText(bound, std::chars_format::scientific);
  std::string text = ToText(bound, std::chars_format::fixed);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string_view Name(MetricType type) {
  switch (type) {
    case MetricType::kGauge: return "gauge";
    case MetricType::kCounter: return "counter";
    case MetricType::kHistogram: return "histogram";
  }
  return "untyped";
}

std::string FamilyHeader(const MetricDesc& desc, ExpositionFormat format) {
  const bool openmetrics = format == ExpositionFormat::kOpenMetrics;
  std::string_view name = desc.name;
  std::string_view type = Name(desc.type);
  if (openmetrics && desc.type == MetricType::kCounter) {
    constexpr std::string_view kTotal = "_total";
    if (name.ends_with(kTotal)) {
      name.remove_suffix(kTotal.size());
    } else {
      type = "unknown";
    }
  }
  std::string out;
  out.append("# HELP ").append(name).append(" ");
  AppendEscaped(out, desc.help, openmetrics);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  return out;
}

}  // namespace o2o

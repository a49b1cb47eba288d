// SPDX-License-Identifier: Apache-2.0
#include "metrics/text_format.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace o2o {
namespace {

// Letters, digits and the like: neither escaped nor in need of a check. No early exit, so that the compiler
// vectorizes it.
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
  const std::string clean = RepairUtf8(text);
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

void AppendLabelValue(std::string& out, std::string_view value) { AppendEscaped(out, value, true); }

std::string FormatValue(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Whole numbers as people write them, where to_chars would find 1.7e+09 shorter.
  constexpr double kExactIntegers = 9007199254740992.0;
  if (value == std::floor(value) && std::abs(value) <= kExactIntegers &&
      !(value == 0 && std::signbit(value))) {
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

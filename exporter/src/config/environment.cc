// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include <algorithm>
#include <cstdlib>

#include "base/ascii.h"
#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxExpandedBytes = 64u << 10;  // far more than any value needs

using Expanded = tl::expected<std::string, ExpansionFailure>;

tl::unexpected<ExpansionFailure> Malformed(std::string problem) {
  return tl::unexpected<ExpansionFailure>({std::move(problem), false});
}

bool BeginsName(char c) { return IsLetter(c) || c == '_'; }
bool IsName(std::string_view text) {
  return !text.empty() && BeginsName(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return BeginsName(c) || IsDigit(c); });
}

// What is between `${` and `}`.
Expanded Value(std::string_view reference, const Environment& environment) {
  const std::size_t colon = reference.find(":-");
  const std::string name(reference.substr(0, colon));
  if (!IsName(name)) {
    return Malformed("malformed variable, write ${NAME} or ${NAME:-default} (and $$ for a dollar sign)");
  }
  const bool has_default = colon != std::string_view::npos;
  if (has_default && reference.find("${", colon) != std::string_view::npos) {
    return Malformed("a variable inside the default of " + name + ", write plain text there");
  }
  const std::optional<std::string> value = environment(name);
  if (!value || value->empty()) {
    if (has_default) return std::string(reference.substr(colon + 2));
    return tl::unexpected<ExpansionFailure>({name + (value ? " is empty" : " is not set"), true});
  }
  if (!IsCleanUtf8(*value))
    return Malformed("the value of " + name + " is not UTF-8 text, set it to plain text");
  if (HasControl(*value)) {
    return Malformed("the value of " + name + " holds a line break or another control character, remove it");
  }
  return *value;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (!value) return std::nullopt;
    return std::string(value);
  };
}

Expanded Expand(std::string_view text, const Environment& environment) {
  std::string expanded;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    expanded.append(text, 0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      expanded += '$';
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos)
        return Malformed("${ without its }, write ${NAME} or ${NAME:-default}");
      const Expanded value = Value(text.substr(2, end - 2), environment);
      if (!value) return value;
      expanded += *value;
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      expanded += '$';
      text.remove_prefix(1);
    }
    if (expanded.size() > kMaxExpandedBytes)
      return Malformed("longer than 64 KiB with its variables, shorten it");
  }
  return expanded;
}

bool HoldsBareVariable(std::string_view text) {
  while (true) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) return false;
    text.remove_prefix(dollar + 1);
    if (text.empty()) return false;
    if ((text[0] >= 'A' && text[0] <= 'Z') || text[0] == '_') return true;
    if (text[0] == '$') text.remove_prefix(1);
  }
}

}  // namespace o2o

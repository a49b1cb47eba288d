// SPDX-License-Identifier: Apache-2.0
#include "config/host_name.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace o2o {
namespace {

bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }

// A decimal number from 0 to `max` of at most five digits.
bool IsNumberUpTo(std::string_view text, int max) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), IsDigit)) return false;
  int number = 0;
  for (char c : text) number = number * 10 + (c - '0');
  return number <= max;
}

// Calls `check` with each part between dots; false as soon as one is refused.
template <typename Check>
bool AllParts(std::string_view text, Check check) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!check(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsIpv4(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 3 && AllParts(text, [](std::string_view part) {
           return IsNumberUpTo(part, 255) && part.size() <= 3 && (part.size() == 1 || part[0] != '0');
         });
}

}  // namespace

bool IsHost(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return IsIpv4(text);
  return AllParts(text, [](std::string_view part) {
    return !part.empty() && part.size() <= 63 && part.front() != '-' && part.back() != '-' &&
           std::all_of(part.begin(), part.end(), [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
  });
}

bool IsIpv6Literal(std::string_view text) {
  return text.size() >= 4 && text.front() == '[' && text.back() == ']' &&
         std::count(text.begin(), text.end(), ':') >= 2 &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

bool IsPort(std::string_view text) { return IsNumberUpTo(text, 65535); }

}  // namespace o2o

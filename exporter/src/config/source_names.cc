// SPDX-License-Identifier: Apache-2.0
#include "config/source_names.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool IsWellFormed(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] >= 'a' && name[0] <= 'z' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// v1, v2, ...: /api/v1/ is the interface for programs, and a later one will be beside it.
bool IsVersion(std::string_view name) {
  return name.size() > 1 && name[0] == 'v' &&
         name.substr(1).find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> SourceNameProblem(std::string_view name) {
  if (!IsWellFormed(name)) {
    return "is not a source name, want at most 64 of a-z, 0-9 and -, beginning with a letter";
  }
  if (name == kOrderStoreSource) {
    return "is the name under which the reading of the order store appears, want another one, like orders";
  }
  if (name == "vendor-codes" || IsVersion(name)) {
    return "is taken by the page /api/" + std::string(name) + ", want another one, like shop-" +
           std::string(name);
  }
  return std::nullopt;
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "mapping/shown.h"

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxShownBytes = 64;

}  // namespace

std::string Quoted(std::string_view name) { return "`" + CutMasked(name, kMaxShownBytes) + "`"; }

std::string Shown(JsonType type, std::string_view text) {
  if (type == JsonType::kObject || type == JsonType::kArray || type == JsonType::kNull) {
    return std::string(Describe(type));
  }
  return "'" + Excerpt(text, kMaxShownBytes) + "'";
}

}  // namespace o2o

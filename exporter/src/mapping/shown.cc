// SPDX-License-Identifier: Apache-2.0
#include "mapping/shown.h"

#include "base/text.h"

namespace o2o {

std::string Quoted(std::string_view name) { return "`" + CutUtf8(RepairUtf8(name.substr(0, 256)), 64) + "`"; }

std::string Shown(JsonType type, std::string_view text) {
  if (type == JsonType::kObject || type == JsonType::kArray || type == JsonType::kNull) {
    return std::string(Describe(type));
  }
  std::string shown = CutUtf8(RepairUtf8(text.substr(0, 256)), 64);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return "'" + shown + "'";
}

}  // namespace o2o

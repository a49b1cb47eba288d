// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/config_loader.h"
#include "sources/source_kinds.h"

// What must hold for any text as a configuration, with all kinds of source; for the unit test and for
// libFuzzer.
namespace o2o::testing {

// Empty if the loader answers with a configuration or with mistakes that a person can read. `directory`: what
// relative paths are relative to.
inline std::string CheckHostileConfig(std::string_view text, const std::string& directory) {
  constexpr std::size_t kMaxLineBytes = 1'000;
  // The word a variable holds. libFuzzer reads it out of comparisons and writes it into its texts; what a
  // text says itself may be shown.
  constexpr std::string_view kHeld = "v4lueOfAVariable";
  const std::string value = "http://" + std::string(kHeld);
  const bool says_it_itself = text.find(kHeld) != std::string_view::npos;
  const ConfigLoader loader(SourceKinds(), [&](const std::string& name) -> std::optional<std::string> {
    if (name.size() % 2 == 0) return std::nullopt;
    return value;
  });
  const auto loaded = loader.LoadText(text, "f.yml", directory);
  // Without sources only where there is a store, whose counters are published all the same.
  if (loaded && (*loaded)->sources.empty() && (*loaded)->disabled.empty() &&
      text.find("store") == std::string_view::npos) {
    return "a configuration of nothing";
  }
  if (!loaded && loaded.error().lines.empty()) return "refused without a reason";
  for (const std::string& line : loaded ? (*loaded)->warnings : loaded.error().lines) {
    if (!line.starts_with("f.yml:")) return "a line that does not say where: " + line;
    if (!IsCleanUtf8(line)) return "a line that is not text";
    if (line.find_first_of("\r\n\t\x1B") != std::string::npos) return "a line that is several: " + line;
    if (line.size() >= kMaxLineBytes) return "a line without bounds: " + line;
    if (!says_it_itself && line.find(kHeld) != std::string::npos) {
      return "a line that shows what a variable holds: " + line;
    }
  }
  return "";
}

}  // namespace o2o::testing

// SPDX-License-Identifier: Apache-2.0
#include "web/request_path.h"

#include <charconv>

namespace o2o {
namespace {

// Of "%20" its byte; nothing where it is none.
std::optional<char> EscapedByte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  unsigned char byte = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
  if (error != std::errc{} || end != text.data() + 3) return std::nullopt;
  return static_cast<char>(byte);
}

}  // namespace

std::optional<std::string> RequestPath(std::string_view target) {
  if (!target.starts_with('/')) {
    const std::size_t host = target.find("://");
    if (host == std::string_view::npos) return std::nullopt;
    target.remove_prefix(host + 3);
    const std::size_t path = target.find('/');
    if (path == std::string_view::npos) return std::nullopt;
    target.remove_prefix(path);
  }
  target = target.substr(0, target.find('?'));
  std::string path;
  while (!target.empty()) {
    const auto byte = EscapedByte(target);
    path += byte.value_or(target.front());
    if (path.back() == '\0') return std::nullopt;
    target.remove_prefix(byte ? 3 : 1);
  }
  return path;
}

}  // namespace o2o

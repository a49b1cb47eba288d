// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace o2o::testing {

// One whole gzip member and nothing behind it, by zlib, which checks length and check sum; throws otherwise.
inline std::string Gunzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + 15;
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int status = Z_OK;
  while (status == Z_OK) {
    char buffer[65536];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer, sizeof buffer - stream.avail_out);
  }
  const auto left = stream.avail_in;
  inflateEnd(&stream);
  if (status != Z_STREAM_END || left != 0)
    throw std::runtime_error("no whole gzip member: " + std::to_string(status));
  return text;
}

}  // namespace o2o::testing

// SPDX-License-Identifier: Apache-2.0
#include "metrics/gzip.h"

#include <zlib.h>

#include <new>

namespace o2o {

namespace {

std::uint32_t Crc32(std::string_view text) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

}  // namespace

struct Deflater::Stream {
  z_stream zlib{};
};

Deflater::Deflater(int level) : stream_(std::make_unique<Stream>()) {
  constexpr int kRawDeflate = -15;  // the widest window, without zlib's own head and tail
  constexpr int kMemoryLevel = 8;
  // With valid parameters this fails for want of memory only.
  if (deflateInit2(&stream_->zlib, level, Z_DEFLATED, kRawDeflate, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() { deflateEnd(&stream_->zlib); }

Deflated Deflater::Compress(std::string_view text) {
  Deflated out;
  if (text.empty()) return out;
  out.plain_bytes = text.size();
  out.crc32 = Crc32(text);

  out.bytes.reserve(256 + text.size() / 8);  // exposition text shrinks to about a tenth
  // So much fits into zlib's window (deflate.c: twice 32 KiB, less 262 bytes). To move the window on takes
  // three tenths of the time of a whole compression; to start anew instead costs two hundredths of the size.
  constexpr std::size_t kStep = 65'000;
  z_stream& zlib = stream_->zlib;
  for (std::size_t taken = 0; taken < text.size(); taken += kStep) {
    const std::string_view step = text.substr(taken, kStep);
    zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(step.data()));
    zlib.avail_in = static_cast<uInt>(step.size());
    do {
      const std::size_t used = out.bytes.size();
      const std::size_t room = 256 + step.size() / 8;
      out.bytes.resize(used + room);
      zlib.next_out = reinterpret_cast<Bytef*>(out.bytes.data() + used);
      zlib.avail_out = static_cast<uInt>(room);
      deflate(&zlib, Z_SYNC_FLUSH);
      out.bytes.resize(used + room - zlib.avail_out);
    } while (zlib.avail_out == 0);  // room left over means that the flush came out whole
    deflateReset(&zlib);            // the next piece knows nothing of this one
  }
  out.bytes.shrink_to_fit();
  return out;
}

Deflated StoredBlock(std::string_view text) {
  constexpr std::size_t kMaxBlock = 0xFFFF;  // RFC 1951, 3.2.4: a length in 16 bits, and its complement
  Deflated out;
  out.plain_bytes = text.size();
  out.crc32 = Crc32(text);
  while (!text.empty()) {
    const std::string_view block = text.substr(0, kMaxBlock);
    const std::size_t size = block.size();
    for (const std::size_t byte : {std::size_t{0}, size, size >> 8, ~size, ~size >> 8}) {
      out.bytes += static_cast<char>(byte & 0xFF);
    }
    out.bytes += block;
    text.remove_prefix(size);
  }
  return out;
}

std::string_view GzipHead() {
  // RFC 1952: magic, deflate, no flags, no time, no extra flags, Unix.
  static constexpr char kHead[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, 3};
  return {kHead, sizeof(kHead)};
}

void GzipSum::Add(const Deflated& piece) {
  if (piece.plain_bytes == 0) return;
  crc32_ =
      static_cast<std::uint32_t>(crc32_combine(crc32_, piece.crc32, static_cast<z_off_t>(piece.plain_bytes)));
  plain_bytes_ += piece.plain_bytes;
}

std::string GzipSum::Tail() const {
  std::string tail("\x03\x00", 2);  // an empty last block
  for (int shift = 0; shift < 32; shift += 8) tail += static_cast<char>(crc32_ >> shift);
  for (int shift = 0; shift < 32; shift += 8) tail += static_cast<char>(plain_bytes_ >> shift);
  return tail;
}

}  // namespace o2o

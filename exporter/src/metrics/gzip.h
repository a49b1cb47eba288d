// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// One gzip member out of pieces that were compressed at different times, by different threads. Each piece is
// raw deflate that ends on a byte boundary and refers to nothing before itself, so pieces may be joined in
// any order; only the check sum of the whole is computed when they are. One member, not several: curl and
// others stop after the first.
namespace o2o {

struct Deflated {
  std::string bytes;        // empty for an empty text
  std::uint32_t crc32 = 0;  // of the plain text
  std::uint64_t plain_bytes = 0;
};

// Compresses pieces, one after the other; keeps its tables between them. One thread at a time.
class Deflater {
 public:
  // 1 fastest .. 9 smallest.
  explicit Deflater(int level);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  Deflated Compress(std::string_view text);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

// A piece that is not compressed at all: five bytes more than the text for each 64 KiB of it, and next to no
// time.
Deflated StoredBlock(std::string_view text);

// To be written before the first piece.
std::string_view GzipHead();

// To be written after the last one: Add() each piece in its order, then Tail().
class GzipSum {
 public:
  void Add(const Deflated& piece);
  std::string Tail() const;

 private:
  std::uint32_t crc32_ = 0;
  std::uint64_t plain_bytes_ = 0;
};

}  // namespace o2o

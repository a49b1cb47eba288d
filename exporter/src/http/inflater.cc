// SPDX-License-Identifier: Apache-2.0
#include "http/inflater.h"

#include <zlib.h>

#include <array>

namespace o2o {
namespace {

constexpr int kGzipOrZlib = MAX_WBITS + 32;
constexpr std::size_t kPieceBytes = 16u << 10;

}  // namespace

struct Inflater::Stream {
  z_stream z{};
  bool ready = false;
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {
  stream_->ready = inflateInit2(&stream_->z, kGzipOrZlib) == Z_OK;
}

Inflater::~Inflater() {
  if (stream_->ready) inflateEnd(&stream_->z);
}

Inflater::Outcome Inflater::Feed(std::string_view packed, const std::function<bool(std::string_view)>& sink) {
  if (!stream_->ready) return Outcome::kDamaged;
  z_stream& z = stream_->z;
  std::array<char, kPieceBytes> piece;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write to it
  z.avail_in = static_cast<uInt>(packed.size());
  bool more_to_come_out = false;
  while (z.avail_in > 0 || more_to_come_out) {
    if (whole_) {  // gzip allows another member behind the first
      if (inflateReset(&z) != Z_OK) return Outcome::kDamaged;
      whole_ = false;
    }
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return Outcome::kDamaged;
    const std::size_t made = piece.size() - z.avail_out;
    if (made > 0 && !sink({piece.data(), made})) return Outcome::kStopped;
    whole_ = status == Z_STREAM_END;
    more_to_come_out = !whole_ && z.avail_out == 0;
  }
  return Outcome::kGood;
}

}  // namespace o2o

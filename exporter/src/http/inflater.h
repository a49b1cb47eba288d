// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace o2o {

// Unpacks a gzip or zlib stream that arrives in pieces, in constant memory. libcurl's own unpacking takes a
// stream that ends in the middle for whole; this one reports it. One stream, one thread.
class Inflater {
 public:
  enum class Outcome { kGood, kDamaged, kStopped };

  Inflater();
  ~Inflater();

  // Hands on what `packed` unpacks to, in pieces of at most 16 KiB. kStopped: `sink` returned false.
  Outcome Feed(std::string_view packed, const std::function<bool(std::string_view)>& sink);

  // The stream has come to its end, checksum and length included.
  bool whole() const { return whole_; }

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  bool whole_ = false;
};

}  // namespace o2o

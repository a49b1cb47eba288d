// SPDX-License-Identifier: Apache-2.0
#include "metrics/gzip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "unit/metrics/gunzip.h"

namespace o2o {
namespace {

using testing::Gunzip;

std::string Join(const std::vector<Deflated>& pieces) {
  std::string out(GzipHead());
  GzipSum sum;
  for (const Deflated& piece : pieces) {
    out += piece.bytes;
    sum.Add(piece);
  }
  return out + sum.Tail();
}

std::string Noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, '\0');
  std::generate(text.begin(), text.end(), [&random] { return static_cast<char>(random()); });
  return text;
}

TEST(Gzip, OfNothingIsAValidEmptyMember) { EXPECT_EQ(Gunzip(Join({})), ""); }

TEST(Gzip, JoinsPiecesInAnyOrder) {
  Deflater deflater(3);
  const std::vector<std::string> texts = {"one\n",        "",   "two\n", std::string(100'000, 'x'),
                                          Noise(300'000), "end"};
  std::vector<Deflated> pieces;
  for (const std::string& text : texts) pieces.push_back(deflater.Compress(text));
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5};
  do {
    std::vector<Deflated> joined;
    std::string expected;
    for (const std::size_t i : order) {
      joined.push_back(pieces[i]);
      expected += texts[i];
    }
    ASSERT_EQ(Gunzip(Join(joined)), expected);
  } while (std::next_permutation(order.begin(), order.begin() + 4));  // 24 orders of the first four
}

TEST(Gzip, HoldsForEverySizeAroundTheBuffersEdges) {
  Deflater deflater(3);
  const std::string noise = Noise(3000);
  for (std::size_t size = 0; size < noise.size(); size += size < 600 ? 1 : 97) {
    const std::string text = noise.substr(0, size);
    ASSERT_EQ(Gunzip(Join({deflater.Compress(text), deflater.Compress("tail")})), text + "tail") << size;
  }
}

TEST(Gzip, HoldsForEverySizeAroundTheWindowsEdges) {
  Deflater deflater(3);
  const std::string noise = Noise(200'000);
  std::string lines;
  while (lines.size() < noise.size())
    lines += "a_series{number=\"" + std::to_string(lines.size()) + "\"} 1\n";
  for (const std::size_t edge : {32'768u, 65'000u, 65'536u, 130'000u, 195'000u}) {
    for (std::size_t size = edge - 2; size <= edge + 2; ++size) {
      const std::string text = noise.substr(0, size) + lines.substr(0, size);
      ASSERT_EQ(Gunzip(Join({deflater.Compress(text), deflater.Compress(lines.substr(0, size))})),
                text + lines.substr(0, size))
          << size;
    }
  }
}

TEST(Gzip, JoinsStoredPiecesOfAnySize) {
  Deflater deflater(3);
  const Deflated front = deflater.Compress("front front front");
  const std::string noise = Noise(200'000);
  for (const std::size_t size :
       {0, 1, 255, 256, 0xFFFE, 0xFFFF, 0x10000, 2 * 0xFFFF, 2 * 0xFFFF + 1, 200'000}) {
    const std::string text = noise.substr(0, size);
    const Deflated stored = StoredBlock(text);
    EXPECT_LE(stored.bytes.size(), size + 5 * (size / 0xFFFF + 1));
    ASSERT_EQ(Gunzip(Join({front, stored, stored, front})),
              "front front front" + text + text + "front front front")
        << size;
  }
}

TEST(Gzip, DoesNotDependOnWhatWasCompressedBefore) {
  Deflater used(3);
  used.Compress(std::string(50'000, 'a'));
  EXPECT_EQ(used.Compress("hello hello hello").bytes, Deflater(3).Compress("hello hello hello").bytes);
}

TEST(Gzip, AWrongPieceIsFound) {
  Deflater deflater(3);
  std::string bytes = Join({deflater.Compress("hello hello hello")});
  bytes[bytes.size() - 6] ^= 1;  // of the check sum
  EXPECT_THROW(Gunzip(bytes), std::runtime_error);
}

}  // namespace
}  // namespace o2o

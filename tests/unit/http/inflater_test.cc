// SPDX-License-Identifier: Apache-2.0
#include "http/inflater.h"

#include <gtest/gtest.h>

#include "unit/http/gzip.h"

namespace o2o {
namespace {

using testing::Gzip;
using Outcome = Inflater::Outcome;

struct Unpacked {
  Outcome outcome = Outcome::kGood;
  bool whole = false;
  std::string text;
};

Unpacked Unpack(std::string_view packed, std::size_t piece = 1u << 20) {
  Inflater inflater;
  Unpacked unpacked;
  for (std::size_t at = 0; at < packed.size() && unpacked.outcome == Outcome::kGood; at += piece) {
    unpacked.outcome = inflater.Feed(packed.substr(at, piece), [&](std::string_view text) {
      unpacked.text += text;
      return true;
    });
  }
  unpacked.whole = inflater.whole();
  return unpacked;
}

std::string LongText() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + ",";
  return text;
}

TEST(InflaterTest, UnpacksGzipAndZlib) {
  for (const int window_bits : {MAX_WBITS + 16, MAX_WBITS}) {
    const Unpacked unpacked = Unpack(Gzip(LongText(), window_bits));
    EXPECT_EQ(unpacked.outcome, Outcome::kGood);
    EXPECT_TRUE(unpacked.whole);
    EXPECT_EQ(unpacked.text, LongText());
  }
}

TEST(InflaterTest, UnpacksByteByByte) {
  const Unpacked unpacked = Unpack(Gzip(LongText()), 1);
  EXPECT_TRUE(unpacked.whole);
  EXPECT_EQ(unpacked.text, LongText());
}

TEST(InflaterTest, EveryTruncationIsNoticed) {
  const std::string packed = Gzip("an answer that is cut");
  for (std::size_t length = 0; length < packed.size(); ++length) {
    const Unpacked unpacked = Unpack(packed.substr(0, length));
    EXPECT_EQ(unpacked.outcome, Outcome::kGood) << length;
    EXPECT_FALSE(unpacked.whole) << length;
  }
}

TEST(InflaterTest, WrongChecksumIsDamage) {
  std::string packed = Gzip("an answer");
  packed[packed.size() - 8] ^= 1;
  EXPECT_EQ(Unpack(packed).outcome, Outcome::kDamaged);
}

TEST(InflaterTest, PlainTextIsDamage) {
  EXPECT_EQ(Unpack("<html>not packed</html>").outcome, Outcome::kDamaged);
}

TEST(InflaterTest, MembersFollowEachOther) {
  const Unpacked unpacked = Unpack(Gzip("one, ") + Gzip("two"));
  EXPECT_TRUE(unpacked.whole);
  EXPECT_EQ(unpacked.text, "one, two");
}

TEST(InflaterTest, SinkStopsABomb) {
  const std::string bomb = Gzip(std::string(10u << 20, '0'));
  Inflater inflater;
  std::size_t seen = 0;
  const Outcome outcome = inflater.Feed(bomb, [&](std::string_view text) {
    seen += text.size();
    return seen < 100'000;
  });
  EXPECT_EQ(outcome, Outcome::kStopped);
  EXPECT_LT(seen, 200'000u);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
// Damaged and odd answers to a login; libFuzzer continues where these end (tests/fuzz).
#include "unit/sources/metabase/hostile_login.h"

#include <gtest/gtest.h>

#include <random>

namespace o2o {
namespace {

using testing::CheckHostileLogin;

const std::string kSeeds[] = {
    "200\nmetabase.DEVICE=0ab7f53e-8f04-4ec9-a3a5-a4bd1b1a2a2f; Path=/\n\n"
    "{\"id\":\"9f86d081-884c-7d65-9a2f-eaa0c55ad015\"}",
    "200\n\n\n{\"access_token\":\"eyJhbGciOiJIUzI1NiJ9.e30\",\"token_type\":\"Bearer\",\"expires_in\":3600}",
    "302\n\nhttps://login.example/sso?a=b\n",
    "400\n\n\n{\"errors\":{\"password\":\"did not match stored password p4ssword\"}}",
    "503\n\n\nMetabase is still initializing",
};

TEST(HostileLoginTest, CutAnywhere) {
  for (const std::string& seed : kSeeds) {
    for (std::size_t size = 0; size <= seed.size(); ++size)
      EXPECT_EQ(CheckHostileLogin(seed.substr(0, size)), "") << seed.substr(0, size);
  }
}

TEST(HostileLoginTest, WithAnyByteAnywhere) {
  std::mt19937 random(7);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = kSeeds[random() % std::size(kSeeds)];
    for (int changes = 0; changes < 3; ++changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    ASSERT_EQ(CheckHostileLogin(bytes), "") << bytes;
  }
}

TEST(HostileLoginTest, TokensThatAreWordsOfOthers) {
  for (const char* token :
       {"COMPLETED", "OUT_FOR_DELIVERY", "o2o_source_up", "source=orders", "level=info"}) {
    const std::string text(token);
    EXPECT_EQ(CheckHostileLogin("200\nmetabase.DEVICE=" + text + "\n\n{\"id\":\"" + text + "\"}"), "");
    EXPECT_EQ(CheckHostileLogin("200\n\n\n{\"access_token\":\"" + text + "\"}"), "");
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
// Whatever a request says, what we make of it holds; libFuzzer continues where these end (tests/fuzz).
#include "unit/web/hostile_request.h"

#include <gtest/gtest.h>

#include <random>

namespace o2o {
namespace {

using testing::CheckHostileRequest;

const std::string kSeeds[] = {
    "/metrics?a=b\nlocalhost:9847\nhttp://localhost:9847\nsame-origin\n"
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*\ngzip, deflate;q=0\n",
    "http://any.host/api/a%20b\n10.0.0.5\n\ncross-site\n\nidentity;q=1, *;q=0\n",
    "/%00\n[::1]:9847\nnull\n\n\n*\n",
};

TEST(HostileRequestTest, CutAnywhere) {
  for (const std::string& seed : kSeeds) {
    for (std::size_t size = 0; size <= seed.size(); ++size)
      EXPECT_EQ(CheckHostileRequest(seed.substr(0, size)), "") << seed.substr(0, size);
  }
}

TEST(HostileRequestTest, WithAnyByteAnywhere) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = kSeeds[random() % std::size(kSeeds)];
    for (int changes = 0; changes < 3; ++changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    ASSERT_EQ(CheckHostileRequest(bytes), "") << bytes;
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/listen_address.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(ListenAddressTest, TakesPortsHostsAndAddresses) {
  for (const char* good :
       {":0", ":9847", ":65535", "127.0.0.1:9847", "0.0.0.0:1", "localhost:80", "my-host.example.:80"}) {
    EXPECT_EQ(ListenAddressProblem(good), std::nullopt) << good;
  }
}

TEST(ListenAddressTest, RefusesOthers) {
  for (const char* bad : {"",
                          ":",
                          "9847",
                          "localhost",
                          ":65536",
                          ":-1",
                          ":+1",
                          ": 80",
                          ":80 ",
                          ":x",
                          ":000080",
                          "::1:80",
                          "[::]:80",
                          "[::1]:80",
                          "1.2.3:80",
                          "1.2.3.256:80",
                          "1.2.3.4.5:80",
                          "01.2.3.4:80",
                          "a..b:80",
                          "-a:80",
                          "a b:80",
                          "caf\xC3\xA9:80",
                          "http://x:80",
                          "u@h:80",
                          "/:80"}) {
    EXPECT_NE(ListenAddressProblem(bad), std::nullopt) << bad;
  }
}

TEST(ListenAddressTest, IsParsedToADottedAddressAndAPort) {
  const struct {
    const char* text;
    const char* parsed;
  } cases[] = {{":9847", "0.0.0.0:9847"}, {"127.0.0.1:0", "127.0.0.1:0"}, {"localhost:80", "127.0.0.1:80"}};
  for (const auto& c : cases) {
    const auto address = ParseListenAddress(c.text);
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(address->Text(), c.parsed);
  }
  const auto wrong = ParseListenAddress("9847");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "listen address \"9847\" has no port, want [host]:port like :9847");
}

}  // namespace
}  // namespace o2o

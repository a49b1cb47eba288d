// SPDX-License-Identifier: Apache-2.0
#include "config/address.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(AddressTest, TakesListenAddresses) {
  for (const char* good :
       {":0", ":9847", ":65535", "127.0.0.1:9847", "0.0.0.0:1", "localhost:80", "my-host.example.:80"}) {
    EXPECT_EQ(ListenAddressProblem(good), std::nullopt) << good;
  }
}

TEST(AddressTest, RefusesOtherListenAddresses) {
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

TEST(AddressTest, TakesUrls) {
  for (const char* good :
       {"http://oms", "https://oms.example.com", "HTTPS://OMS.example.com:8443/base/",
        "http://127.0.0.1:8080", "http://[::1]:8080/x", "http://[fe80::1]", "http://oms_1/%20"}) {
    EXPECT_EQ(UrlProblem(good), std::nullopt) << good;
  }
}

TEST(AddressTest, RefusesOtherUrls) {
  for (const char* bad : {"",
                          "oms",
                          "oms:8080",
                          "ftp://oms",
                          "file:///etc/passwd",
                          "http:/oms",
                          "http://",
                          "http:///x",
                          "http://:80",
                          "http://oms:",
                          "http://oms:0",
                          "http://oms:65536",
                          "http://oms:8x",
                          "http://u@oms",
                          "http://u:p@oms",
                          "http://u:p@oms/x",
                          "http://oms?x",
                          "http://oms/#f",
                          "http://oms/a b",
                          " http://oms",
                          "http://oms\n",
                          "http://1.2.3",
                          "http://[::1",
                          "http://[x]",
                          "http://::1",
                          "http://caf\xC3\xA9",
                          "http://oms\\@evil"}) {
    EXPECT_NE(UrlProblem(bad), std::nullopt) << bad;
  }
}

TEST(AddressTest, QueryIsAMatterOfTheKind) {
  const UrlRules rules{"https://x", "use basic_auth", true};
  for (const char* good : {"http://h/a?b=c&d=%20", "http://h?x", "https://h:1/?@", "http://h"}) {
    EXPECT_EQ(UrlProblem(good, rules), std::nullopt) << good;
  }
  for (const char* bad :
       {"http://h/a#b", "http://h?x#", "http://u:p@h/?x", "http://h?a b", "h?x", "http://?x"}) {
    EXPECT_NE(UrlProblem(bad, rules), std::nullopt) << bad;
  }
}

TEST(AddressTest, ProblemsTellWhatIsRightForTheKind) {
  const UrlRules rules{"https://x", "use basic_auth", true};
  EXPECT_EQ(UrlProblem("x", rules), "is not an http or https URL, want one like https://x");
  EXPECT_EQ(UrlProblem("http://u@h", rules),
            "holds a user or password, leave user:password@ out and use basic_auth");
}

}  // namespace
}  // namespace o2o

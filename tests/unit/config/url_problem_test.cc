// SPDX-License-Identifier: Apache-2.0
#include "config/url_problem.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(UrlProblemTest, TakesUrls) {
  for (const char* good :
       {"http://oms", "https://oms.example.com", "HTTPS://OMS.example.com:8443/base/",
        "http://127.0.0.1:8080", "http://[::1]:8080/x", "http://[fe80::1]", "http://oms_1/%20"}) {
    EXPECT_EQ(UrlProblem(good), std::nullopt) << good;
  }
}

TEST(UrlProblemTest, RefusesOthers) {
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

TEST(UrlProblemTest, WhetherAQueryIsAllowedDependsOnTheKind) {
  const UrlRules rules{"https://x", "use basic_auth", true};
  for (const char* good : {"http://h/a?b=c&d=%20", "http://h?x", "https://h:1/?@", "http://h"}) {
    EXPECT_EQ(UrlProblem(good, rules), std::nullopt) << good;
  }
  for (const char* bad :
       {"http://h/a#b", "http://h?x#", "http://u:p@h/?x", "http://h?a b", "h?x", "http://?x"}) {
    EXPECT_NE(UrlProblem(bad, rules), std::nullopt) << bad;
  }
}

TEST(UrlProblemTest, ReportsWhatIsRightForTheKind) {
  const UrlRules rules{"https://x", "use basic_auth", true};
  EXPECT_EQ(UrlProblem("x", rules), "is not an http or https URL, want one like https://x");
  EXPECT_EQ(UrlProblem("http://u@h", rules),
            "holds a user or password, leave user:password@ out and use basic_auth");
}

}  // namespace
}  // namespace o2o

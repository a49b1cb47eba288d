// SPDX-License-Identifier: Apache-2.0
#include "web/cross_site.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

bool CrossSite(std::string host, std::string origin, std::string sec_fetch_site) {
  WebRequest request;
  request.method = "POST";
  request.path = "/-/reload";
  request.host = std::move(host);
  request.origin = std::move(origin);
  request.sec_fetch_site = std::move(sec_fetch_site);
  return IsCrossSite(request);
}

TEST(IsCrossSite, ClientsOtherThanBrowsersAreWelcomeUnderAnyName) {
  EXPECT_FALSE(CrossSite("localhost:9847", "", ""));
  EXPECT_FALSE(CrossSite("exporter.example:9847", "", ""));
  EXPECT_FALSE(CrossSite("", "", ""));
}

TEST(IsCrossSite, APageOfAnotherSiteIsRefused) {
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "http://evil.example", "cross-site"));
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "", "cross-site"));
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "", "same-site"));
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "http://evil.example", "")) << "older browsers send the origin only";
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "null", "")) << "a frame in a sandbox";
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "http://10.0.0.5:9090", "")) << "another port is another origin";
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "http://10.0.0.5:9847", "cross-site"));
  EXPECT_TRUE(CrossSite("10.0.0.5:9847", "", "same-origin,cross-site")) << "given twice";
}

TEST(IsCrossSite, ANameThatWasPointedAtThisMachineIsRefused) {
  EXPECT_TRUE(CrossSite("evil.example:9847", "http://evil.example:9847", "same-origin"));
  EXPECT_TRUE(CrossSite("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", ""));
  EXPECT_TRUE(CrossSite("", "http://", "same-origin"));
}

TEST(IsCrossSite, OurOwnAddressIsNot) {
  EXPECT_FALSE(CrossSite("localhost:9847", "http://localhost:9847", "same-origin"));
  EXPECT_FALSE(CrossSite("10.0.0.5:9847", "http://10.0.0.5:9847", "same-origin"));
  EXPECT_FALSE(CrossSite("[::1]:9847", "https://[::1]:9847", "")) << "behind a proxy that speaks TLS";
  EXPECT_FALSE(CrossSite("127.0.0.1:9847", "", "none")) << "asked for by the user";
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/request_path.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(RequestPathTest, DecodedAndWithoutItsQuery) {
  EXPECT_EQ(RequestPath("/"), "/");
  EXPECT_EQ(RequestPath("/api/a%20b?c=/d"), "/api/a b");
  EXPECT_EQ(RequestPath("/a+b"), "/a+b") << "a + is a blank in a form only";
  EXPECT_EQ(RequestPath("/%C3%B6%c3%b6"), "/öö");
  EXPECT_EQ(RequestPath("/%2e%2e/%252e"), "/../%2e") << "decoded once";
}

TEST(RequestPathTest, OfAnAbsoluteTargetWhateverTheHost) {
  EXPECT_EQ(RequestPath("http://any.host:1/metrics?a"), "/metrics");
  EXPECT_EQ(RequestPath("HTTP://[::1]/%2Fa"), "//a");
  EXPECT_EQ(RequestPath("http://any.host"), std::nullopt);
  EXPECT_EQ(RequestPath("http://"), std::nullopt);
}

TEST(RequestPathTest, WhatNamesNoPathIsNone) {
  for (const char* target : {"", "*", "metrics", "any.host:443", "?a", "/a%00b", "/%00"})
    EXPECT_EQ(RequestPath(target), std::nullopt) << target;
  EXPECT_EQ(RequestPath(std::string_view("/a\0b", 4)), std::nullopt);
}

TEST(RequestPathTest, EscapesThatAreNoneStay) {
  for (const char* target : {"/%", "/%4", "/%zz", "/%4z", "/%-1", "/%+1", "/% 1", "/%0x41"})
    EXPECT_EQ(RequestPath(target), target);
}

}  // namespace
}  // namespace o2o

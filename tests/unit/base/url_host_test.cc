// SPDX-License-Identifier: Apache-2.0
#include "base/url_host.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(HostOfUrl, IsTheTextBetweenSchemeAndPath) {
  struct {
    std::string_view url, host, host_and_port;
  } const cases[] = {
      {"https://shop.example", "shop.example", "shop.example"},
      {"https://Shop.Example/a:b/c@d", "Shop.Example", "Shop.Example"},
      {"http://127.0.0.1:8080/a", "127.0.0.1", "127.0.0.1:8080"},
      {"http://shop.example:/a", "shop.example", "shop.example:"},
      {"http://[::1]", "[::1]", "[::1]"},
      {"http://[2001:db8::1]:80/a", "[2001:db8::1]", "[2001:db8::1]:80"},
      {"http://shop.example?to=http://other.example/", "shop.example", "shop.example"},
      {"http://shop.example#a:1/", "shop.example", "shop.example"},
      {"http://me:secret@shop.example:81/", "shop.example", "shop.example:81"},
      {"http://me@there@shop.example/", "shop.example", "shop.example"},
      {"http:///a", "", ""},
  };
  for (const auto& c : cases) {
    const auto found = HostOfUrl(c.url);
    ASSERT_TRUE(found) << c.url;
    EXPECT_EQ(found->host, c.host) << c.url;
    EXPECT_EQ(found->host_and_port, c.host_and_port) << c.url;
  }
}

TEST(HostOfUrl, IsNothingWhereTheUrlIsNotAbsolute) {
  for (const std::string_view url : {"", "shop.example", "shop.example:80/a", "/a?to=http://other.example/",
                                     "//shop.example/a", "http:/a", "http://[::1"}) {
    EXPECT_FALSE(HostOfUrl(url)) << url;
  }
}

}  // namespace
}  // namespace o2o

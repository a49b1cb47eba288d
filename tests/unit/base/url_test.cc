// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(HostOfUrl, IsWhatStandsBetweenSchemeAndPath) {
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

TEST(WithParameter, StandsInThePlaceOfTheOneThatIsThere) {
  struct {
    std::string_view url, name, value, changed;
  } const cases[] = {
      {"http://a.test", "cursor", "c", "http://a.test?cursor=c"},
      {"http://a.test/b", "cursor", "x y&z=/?#%", "http://a.test/b?cursor=x%20y%26z%3D%2F%3F%23%25"},
      {"http://a.test/b?", "cursor", "c", "http://a.test/b?cursor=c"},
      {"http://a.test/b?all=1", "cursor", "c", "http://a.test/b?all=1&cursor=c"},
      {"http://a.test/b?page=1&all=1", "page", "2", "http://a.test/b?page=2&all=1"},
      {"http://a.test/b?page=1&all=1&page=7&page", "page", "2", "http://a.test/b?page=2&all=1"},
      {"http://a.test/b?pages=1&mypage=2", "page", "2", "http://a.test/b?pages=1&mypage=2&page=2"},
      {"http://a.test/b?page%5Bafter%5D=1", "page[after]", "2", "http://a.test/b?page%5Bafter%5D=2"},
      {"http://a.test/b?page[after]=1#end", "page[after]", "2", "http://a.test/b?page%5Bafter%5D=2"},
  };
  for (const auto& c : cases) EXPECT_EQ(WithParameter(c.url, c.name, c.value), c.changed) << c.url;
}

}  // namespace
}  // namespace o2o

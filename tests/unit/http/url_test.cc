// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace o2o {
namespace {

TEST(FollowReferenceTest, LeadsOnFromTheBase) {
  struct {
    const char* reference;
    const char* url;
  } const cases[] = {
      {"/b?c=2", "http://a.test:81/b?c=2"},
      {"c", "http://a.test:81/x/c"},
      {"../c?d", "http://a.test:81/c?d"},
      {"?page=2", "http://a.test:81/x/y?page=2"},
      {"", "http://a.test:81/x/y?z=1"},
      {"#end", "http://a.test:81/x/y?z=1"},
      {"//a.test:81/c", "http://a.test:81/c"},
      {"http://a.test:81/c#d", "http://a.test:81/c"},
      {"HTTP://A.test:81/c", "http://A.test:81/c"},
      {"/c?at=2026-01-01 10:00", "http://a.test:81/c?at=2026-01-01+10:00"},
      {"/c?a%20b=%C3%A9", "http://a.test:81/c?a%20b=%C3%A9"},
  };
  for (const auto& c : cases) {
    const auto followed = FollowReference("http://a.test:81/x/y?z=1", c.reference);
    ASSERT_TRUE(followed) << c.reference;
    EXPECT_EQ(followed->url, c.url) << c.reference;
    EXPECT_TRUE(followed->same_origin) << c.reference;
    EXPECT_FALSE(followed->has_user) << c.reference;
  }
}

TEST(FollowReferenceTest, SaysWhereItLeadsAway) {
  struct {
    const char* base;
    const char* reference;
    bool same_origin;
    const char* shown;
  } const cases[] = {
      {"http://a.test/x", "http://b.test/k3y", false, "http://b.test/"},
      {"http://a.test/x", "//b.test/k3y", false, "http://b.test/"},
      {"http://a.test/x", "https://a.test/k3y", false, "https://a.test/"},
      {"http://a.test/x", "http://a.test:81/k3y", false, "http://a.test:81/"},
      {"http://a.test/x", "http://a.test:80/k3y", true, "http://a.test:80/"},
      {"https://a.test:443/x", "https://a.test/k3y", true, "https://a.test/"},
      {"http://a.test/x", "http://a.test.evil.test/k3y", false, "http://a.test.evil.test/"},
      {"http://a.test/x", "http://a.test@b.test/k3y", false, "http://b.test/"},
      {"http://a.test/x", "ftp://a.test/k3y", false, "ftp://a.test/"},
      {"http://[::1]:8080/x", "http://[::1]:8080/y", true, "http://[::1]:8080/"},
      {"http://[::1]:8080/x", "http://[::2]:8080/y", false, "http://[::2]:8080/"},
  };
  for (const auto& c : cases) {
    const auto followed = FollowReference(c.base, c.reference);
    ASSERT_TRUE(followed) << c.reference;
    EXPECT_EQ(followed->same_origin, c.same_origin) << c.reference;
    EXPECT_EQ(followed->shown, c.shown) << c.reference;
  }
  EXPECT_TRUE(FollowReference("http://a.test/x", "http://me:pw@a.test/")->has_user);
  EXPECT_TRUE(FollowReference("http://a.test/x", "http://:pw@a.test/")->has_user);
}

// A control character would end the text that libcurl gets, or a header.
TEST(FollowReferenceTest, IsNothingForATextThatIsNotAUrl) {
  for (const std::string& reference :
       {std::string("http://"), std::string("http://[::1/"), std::string("mailto:a@b.test"),
        std::string("/a\r\nb"), std::string("/a\0b", 4), std::string("http://a.test:99999/")}) {
    EXPECT_FALSE(FollowReference("http://a.test/x", reference)) << reference;
  }
  EXPECT_FALSE(FollowReference("not a url", "/a"));
}

TEST(UrlEncodeTest, KeepsWhatRfc3986CallsUnreserved) {
  EXPECT_EQ(UrlEncode("azAZ09-_.~"), "azAZ09-_.~");
  EXPECT_EQ(UrlEncode("a b&c=d/\xC3\xA9%+"), "a%20b%26c%3Dd%2F%C3%A9%25%2B");
  EXPECT_EQ(UrlEncode(std::string_view("a\0b", 3)), "a%00b");
  EXPECT_EQ(UrlEncode(""), "");
  EXPECT_EQ(UrlEncode(std::string_view("text", 0)), "");
}

TEST(WithParameterTest, ReplacesTheParameterThatIsThere) {
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

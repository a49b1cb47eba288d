// SPDX-License-Identifier: Apache-2.0
#include "sources/page_walk.h"

#include <gtest/gtest.h>

#include "sources/json_source.h"
#include "unit/config/loading.h"

namespace o2o {
namespace {

// ---- what the configuration says

std::string Source(const std::string& pages, const std::string& more = "") {
  return "sources:\n  - name: orders\n    json: {url: http://shop.test/orders, pages: " + pages + more +
         "}\n    metrics: [{name: n, help: N., value: n}]\n";
}

PagesConfig Pages(const std::string& pages) {
  const auto config = Block<JsonSourceConfig>(Load(Source(pages)).sources.at(0)).pages;
  EXPECT_TRUE(config);
  return config.value_or(PagesConfig{});
}

TEST(PagesConfigTest, PointerCursorOrLinkHeader) {
  EXPECT_EQ(Pages("{next: /meta/next}").pointer, "/meta/next");
  EXPECT_EQ(Pages("{next: /meta/next}").parameter, "");
  EXPECT_EQ(Pages("{next: /meta/next}").max_pages, 100);
  EXPECT_EQ(Pages("{next: link}").pointer, "");
  const PagesConfig cursor = Pages("{next: /cursor, parameter: 'page[after]', max_pages: 1000}");
  EXPECT_EQ(cursor.pointer, "/cursor");
  EXPECT_EQ(cursor.parameter, "page[after]");
  EXPECT_EQ(cursor.max_pages, 1'000);
  EXPECT_TRUE(Block<JsonSourceConfig>(Load(Source("{next: link}", ", format: ndjson")).sources.at(0)).pages);
}

TEST(PagesConfigTest, MistakesSayWhatWouldBeRight) {
  struct {
    const char* pages;
    const char* more;
    const char* mistake;
  } const cases[] = {
      {"{}", "",
       ".next: missing, want the JSON Pointer to what names the next page, or link for the Link header"},
      {"{next: meta.next}", "",
       ".next: \"meta.next\" is neither a JSON Pointer nor link, want one like /meta/next (with ~1 for / and "
       "~0 for "
       "~)"},
      {"{next: /a~2}", "", ".next: \"/a~2\" is neither"},
      {"{next: link, parameter: page}", "",
       ".parameter: is for a cursor in the answer, and the Link header has URLs: remove it"},
      {"{next: /a, max_pages: 0}", "", ".max_pages: "},
      {"{next: /a, max_pages: 1001}", "", ".max_pages: "},
      {"{next: /a, pages: 3}", "", ".pages: unknown key"},
      {"{next: /a}", ", format: ndjson", "and pages.next unless it is link"},
  };
  for (const auto& c : cases) {
    const auto mistakes = Mistakes(Source(c.pages, c.more), "f.yml");
    ASSERT_EQ(mistakes.size(), 1u) << c.pages;
    EXPECT_NE(mistakes[0].find(c.mistake), std::string::npos) << mistakes[0];
  }
}

// ---- the walk

constexpr char kFirst[] = "https://shop.test/v1/k3y/orders?all=1";

DocumentValue Text(std::string text) { return {true, false, JsonType::kString, std::move(text)}; }

HttpResponse WithLink(std::string link) {
  HttpResponse response;
  response.status = 200;
  response.link = std::move(link);
  return response;
}

class PageWalkTest : public ::testing::Test {
 protected:
  // The URL; empty at the end.
  std::string Next(PageWalk& walk, const DocumentValue& value) {
    const auto next = walk.Next({}, value);
    EXPECT_TRUE(next) << next.error().message;
    return next ? next->value_or("") : "";
  }
  Error Refused(PageWalk& walk, const DocumentValue& value, const HttpResponse& response = {}) {
    const auto next = walk.Next(response, value);
    EXPECT_FALSE(next);
    if (next) return {};
    EXPECT_EQ(next.error().message.find("k3y"), std::string::npos) << next.error().message;
    return next.error();
  }

  PagesConfig urls_{"/next", "", 100};
  PagesConfig cursors_{"/next", "after", 100};
  PagesConfig link_{"", "", 100};
};

TEST_F(PageWalkTest, UrlsAreRelativeToTheirPage) {
  PageWalk walk(urls_, kFirst);
  EXPECT_EQ(walk.page(), 1u);
  EXPECT_EQ(Next(walk, Text(" orders/2?a=b ")), "https://shop.test/v1/k3y/orders/2?a=b");
  EXPECT_EQ(Next(walk, Text("3")), "https://shop.test/v1/k3y/orders/3");
  EXPECT_EQ(Next(walk, Text("https://SHOP.test:443/4")), "https://SHOP.test:443/4");
  EXPECT_EQ(walk.page(), 4u);
  EXPECT_EQ(Next(walk, {}), "");
  EXPECT_EQ(walk.page(), 4u);
  EXPECT_EQ(walk.note(), "");
}

TEST_F(PageWalkTest, CursorsArePutIntoTheFirstUrl) {
  PageWalk walk(cursors_, kFirst);
  EXPECT_EQ(Next(walk, Text("a/b=")), std::string(kFirst) + "&after=a%2Fb%3D");
  EXPECT_EQ(Next(walk, {true, false, JsonType::kNumber, "2"}), std::string(kFirst) + "&after=2");
  EXPECT_EQ(Next(walk, {true, false, JsonType::kNull, ""}), "");
}

TEST_F(PageWalkTest, TheLinkHeader) {
  PageWalk walk(link_, kFirst);
  const auto next = walk.Next(WithLink("<?page=0>; rel=prev, <?page=2>; rel=\"next\""), {});
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, "https://shop.test/v1/k3y/orders?page=2");
  const auto end = walk.Next(WithLink("<?page=1>; rel=prev"), {});
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  const Error error = Refused(walk, {}, WithLink("?page=3"));
  EXPECT_EQ(error.code, ErrorCode::kBadShape);
  EXPECT_EQ(error.message, "page 2 has a Link header that is not one of RFC 8288");
}

TEST_F(PageWalkTest, NothingEmptyAndFalseAreTheEnd) {
  for (const PagesConfig* config : {&urls_, &cursors_}) {
    for (const DocumentValue& value :
         {DocumentValue{}, DocumentValue{true, false, JsonType::kNull, ""}, Text(""), Text(" \n"),
          DocumentValue{true, false, JsonType::kBool, "false"}}) {
      PageWalk walk(*config, kFirst);
      EXPECT_EQ(Next(walk, value), "");
      // A pointer with a slip in it would make the first page the only one, for ever.
      EXPECT_EQ(
          walk.note(),
          value.present ? "" : "`/next` not in the answer, so that its first page counts as the only one");
    }
  }
}

TEST_F(PageWalkTest, WhatIsNeitherUrlNorCursorIsRefused) {
  struct {
    const PagesConfig& config;
    DocumentValue value;
    const char* message;
  } const cases[] = {
      {urls_, {true, false, JsonType::kBool, "true"}, "`/next` is 'true', expected a URL or null"},
      {urls_,
       {true, false, JsonType::kNumber, "2"},
       "`/next` is '2', expected a URL or null; for a page number or cursor set pages.parameter"},
      {urls_, {true, false, JsonType::kObject, ""}, "`/next` is an object, expected a URL or null"},
      {cursors_,
       {true, false, JsonType::kArray, ""},
       "`/next` is an array, expected a text, a number or null"},
      {cursors_, Text(std::string(8'193, 'x')), "`/next` is longer than 8192 bytes"},
      {urls_, Text("http://[k3y"),
       "page 1 names as its next page, in `/next`, a text of 11 bytes that is not a URL; for a cursor set "
       "pages.parameter"},
  };
  for (const auto& c : cases) {
    PageWalk walk(c.config, kFirst);
    const Error error = Refused(walk, c.value);
    EXPECT_EQ(Name(error.code), Name(ErrorCode::kBadShape));
    EXPECT_EQ(error.message, c.message);
  }
}

TEST_F(PageWalkTest, ASecretInTheValueIsNotQuoted) {
  const Secret secret("123456789012");
  PageWalk walk(urls_, kFirst);
  const Error error = Refused(walk, {true, false, JsonType::kNumber, "123456789012"});
  EXPECT_EQ(error.message.find("123456789012"), std::string::npos) << error.message;
}

TEST_F(PageWalkTest, NeverLeadsElsewhere) {
  for (const char* elsewhere : {"https://other.test/k3y", "//other.test/k3y", "http://shop.test/k3y",
                                "https://shop.test:8443/k3y", "https://shop.test@other.test/k3y"}) {
    PageWalk walk(urls_, kFirst);
    const Error error = Refused(walk, Text(elsewhere));
    EXPECT_EQ(Name(error.code), Name(ErrorCode::kRedirect)) << elsewhere;
    EXPECT_NE(error.message.find("which is not where the source's url is"), std::string::npos)
        << error.message;
    PageWalk linked(link_, kFirst);
    EXPECT_EQ(Name(Refused(linked, {}, WithLink("<" + std::string(elsewhere) + ">; rel=next")).code),
              Name(ErrorCode::kRedirect));
  }
  PageWalk walk(urls_, kFirst);
  EXPECT_EQ(Refused(walk, Text("https://me:k3y@shop.test/")).message,
            "page 1 names as its next page, in `/next`, a URL with a user or password, so it is not asked");
}

TEST_F(PageWalkTest, NoPageIsReadTwice) {
  constexpr char kRefusal[] =
      " names as its next page one that was read before, in `/next`, so that there would be no end";
  for (const char* again : {kFirst, "?all=1", "orders?all=1#more", "#", "?page=2"}) {
    PageWalk walk(urls_, kFirst);
    EXPECT_EQ(Next(walk, Text("?page=2")), "https://shop.test/v1/k3y/orders?page=2");
    const Error error = Refused(walk, Text(again));
    EXPECT_EQ(Name(error.code), Name(ErrorCode::kBadShape));
    EXPECT_EQ(error.message, std::string("page 2") + kRefusal);
  }
  PageWalk itself(urls_, "https://shop.test");
  EXPECT_EQ(Refused(itself, Text("https://shop.test/")).message, std::string("page 1") + kRefusal);
  PageWalk walk(cursors_, kFirst);
  Next(walk, Text("a"));
  Next(walk, Text("b"));
  EXPECT_EQ(Refused(walk, Text("a")).message, std::string("page 3") + kRefusal);
  const PagesConfig numbers{"/next", "page", 100};
  PageWalk numbered(numbers, "https://shop.test/orders?page=1&all=1");
  Next(numbered, Text("2"));
  EXPECT_EQ(Refused(numbered, Text("1")).message, std::string("page 2") + kRefusal);
}

TEST_F(PageWalkTest, TheCeilingIsOfPagesReadAndSaysSo) {
  cursors_.max_pages = 2;
  PageWalk walk(cursors_, kFirst);
  Next(walk, Text("a"));
  const Error error = Refused(walk, Text("b"));
  EXPECT_EQ(Name(error.code), Name(ErrorCode::kTooLarge));
  EXPECT_EQ(error.message,
            "more than 2 pages: let the upstream answer with fewer or larger ones, or raise pages.max_pages");
  PageWalk whole(cursors_, kFirst);
  Next(whole, Text("a"));
  EXPECT_EQ(Next(whole, {}), "") << "exactly so many are good";
}

}  // namespace
}  // namespace o2o

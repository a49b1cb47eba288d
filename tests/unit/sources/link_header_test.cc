// SPDX-License-Identifier: Apache-2.0
#include "sources/link_header.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(LinkHeaderTest, TheTargetOfTheFirstNextLink) {
  struct {
    const char* header;
    const char* target;
  } const cases[] = {
      {"<https://a.test/?page=2>; rel=\"next\"", "https://a.test/?page=2"},
      {"</x?page=2>;rel=next", "/x?page=2"},
      {"  < /x >  ;  REL = \"Next\"  ", "/x"},
      {"<a>; rel=prev, <b>; rel=\"next\", <c>; rel=last", "b"},
      {"<a,b;c=\"d>; rel=next", "a,b;c=\"d"},
      {"<a>; title=\"x, <no>; rel=\\\"next\\\"\"; rel=\"last\", <b>; title=y; rel=\"next last\"", "b"},
      {"<a>; rel=\"prev  next\"", "a"},
      {"<a>; rel=last; rel=next, <b>; rel=next", "b"},
      {"<a>; rel=next; anchor=\"#part\", <b>; rel=next", "b"},
      {"<a>; crossorigin; rel=next", "a"},
      {", ,<a>; rel=next,", "a"},
      {"<a>; rel=next, <b>; rel=next", "a"},
      {"<>; rel=next", ""},
  };
  for (const auto& c : cases) {
    const NextLink next = FindNextLink(c.header);
    EXPECT_TRUE(next.is_good) << c.header;
    ASSERT_TRUE(next.target) << c.header;
    EXPECT_EQ(*next.target, c.target) << c.header;
  }
}

TEST(LinkHeaderTest, NothingWhereThereIsNone) {
  for (const char* header : {"", " ", "<a>; rel=prev", "<a>", "<a>; rel=\"nextpage\"", "<a>; rel",
                             "<a>; rev=next", "<a>; rel*=UTF-8''next"}) {
    const NextLink next = FindNextLink(header);
    EXPECT_TRUE(next.is_good) << header;
    EXPECT_FALSE(next.target) << header;
  }
}

// Half of it may be what names the next page.
TEST(LinkHeaderTest, WhatIsNotALinkHeaderIsReported) {
  for (const char* header : {"a; rel=next", "<a; rel=next", "<a>; rel=\"next", "<a>; rel=\"next\\",
                             "<a> rel=next", "<a>; rel=prev <b>; rel=next", "https://a.test/?page=2"}) {
    EXPECT_FALSE(FindNextLink(header).is_good) << header;
  }
}

}  // namespace
}  // namespace o2o

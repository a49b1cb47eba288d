// SPDX-License-Identifier: Apache-2.0
#include "web/runbooks.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(Runbooks, AreSplitAtTheirLicencesAndNamedByTheirHeadings) {
  const std::string licence = "<!-- SPDX-License-Identifier: Apache-2.0 -->\n";
  const std::string text = licence + "# First\n\nWhat; to # do.\n" + licence + "# Second\nThat.\n";
  const auto pages = SplitRunbooks(text);
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0],
            std::make_pair(std::string_view("First"), std::string_view("# First\n\nWhat; to # do.\n")));
  EXPECT_EQ(pages[1], std::make_pair(std::string_view("Second"), std::string_view("# Second\nThat.\n")));
  EXPECT_TRUE(SplitRunbooks("").empty());
  EXPECT_TRUE(SplitRunbooks("# Without a licence\n").empty());
}

TEST(Runbooks, AreFoundByTheNameOfTheAlertWithAndWithoutMd) {
  const WebResponse page = RunbookPage("O2OStoreDown");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("## Mitigation"), std::string::npos);
  EXPECT_EQ(page.body.find("## Mitigation", page.body.find("## Mitigation") + 1), std::string::npos);
  EXPECT_EQ(RunbookPage("O2OStoreDown.md").body, page.body);
}

TEST(Runbooks, AreListed) {
  EXPECT_NE(RunbookPage("").body.find("<a href=\"/runbooks/O2OStoreDown\">O2OStoreDown</a>"),
            std::string::npos);
}

TEST(Runbooks, SayWhereTheListIsWhenThereIsNone) {
  const WebResponse page = RunbookPage("<script>");
  EXPECT_EQ(page.status, 404);
  EXPECT_EQ(page.body, "404: no runbook has this name; /runbooks/ lists them.\n");
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/source_names.h"

#include <gtest/gtest.h>

#include <string>

namespace o2o {
namespace {

TEST(SourceNameProblem, UnusedWellFormedNamesAreAccepted) {
  for (const std::string name :
       {"orders", "a", "vendor-status", "vendor-codes-2", "order-stores", "v", "v1a", "vip"}) {
    EXPECT_EQ(SourceNameProblem(name), std::nullopt) << name;
  }
  EXPECT_EQ(SourceNameProblem(std::string(64, 'a')), std::nullopt);
}

TEST(SourceNameProblem, OthersAreNot) {
  for (const std::string& name :
       {std::string(), std::string("Orders"), std::string("1a"), std::string("-a"), std::string("a_b"),
        std::string("a/b"), std::string("é"), std::string(65, 'a')}) {
    EXPECT_EQ(SourceNameProblem(name),
              "is not a source name, want at most 64 of a-z, 0-9 and -, beginning with a letter")
        << name;
  }
}

// A source of such a name would share a series or a page with the program's own, and each would hide the
// other.
TEST(SourceNameProblem, NamesThatTheProgramUsesAreTaken) {
  EXPECT_EQ(SourceNameProblem("order-store"),
            "is the name under which the reading of the order store appears, want another one, like orders");
  for (const std::string name : {"vendor-codes", "v1", "v2", "v10"}) {
    EXPECT_EQ(SourceNameProblem(name),
              "is taken by the page /api/" + name + ", want another one, like shop-" + name);
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "web/vendor_codes_page.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace o2o {
namespace {

LastRows Naming(VendorCodes::Codes codes, bool complete = true) {
  LastRows rows;
  rows.vendors = std::make_shared<const VendorCodes>(VendorCodes{std::move(codes), complete});
  return rows;
}

TEST(VendorCodesPageTest, ListsTheCodesOfAllSourcesSortedAndOnce) {
  const WebResponse response =
      VendorCodesPage({{"a", Naming({"V2", "V3"})}, {"b", Naming({"V1", "V2"})}, {"c", LastRows{}}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"total\":3,\"complete\":true,\"vendor_codes\":[\"V1\",\"V2\",\"V3\"]}\n");
}

TEST(VendorCodesPageTest, IsNotCompleteIfOneSourceIsNot) {
  EXPECT_EQ(VendorCodesPage({{"a", Naming({"V1"})}, {"b", Naming({"q\"b"}, false)}}).body,
            "{\"total\":2,\"complete\":false,\"vendor_codes\":[\"V1\",\"q\\\"b\"]}\n");
}

TEST(VendorCodesPageTest, IsAnEmptyListBeforeTheFirstPoll) {
  EXPECT_EQ(VendorCodesPage({}).body, "{\"total\":0,\"complete\":true,\"vendor_codes\":[]}\n");
}

}  // namespace
}  // namespace o2o

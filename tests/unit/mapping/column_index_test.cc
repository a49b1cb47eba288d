// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_index.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

std::string Targets(const Column& column) {
  std::string text;
  for (const ColumnTarget target : column.targets) {
    text += std::to_string(target.slot) + (target.exact ? "=" : "~");
  }
  return text;
}

TEST(ColumnIndexTest, MatchesExactlyOrBut) {
  ColumnIndex index({{"vendor_code"}, {"Vendor Code"}, {"stock"}});
  EXPECT_EQ(Targets(index.Find("vendor_code")), "0=1~");
  EXPECT_EQ(Targets(index.Find("Vendor Code")), "0~1=");
  EXPECT_EQ(Targets(index.Find("VENDORCODE")), "0~1~");
  EXPECT_EQ(Targets(index.Find("vendor-code")), "");
  EXPECT_EQ(Targets(index.Find("Stock")), "2~");
  EXPECT_EQ(Targets(index.Find("")), "");
}

TEST(ColumnIndexTest, FindsColumnsInAnyOrder) {
  ColumnIndex index(std::vector<WantedName>{{"b"}});
  for (const std::string_view key : {"a", "b", "c"}) index.Find(key);
  for (const std::string_view key : {"c", "a", "b", "b", "a", "c", "b"}) EXPECT_EQ(index.Find(key).name, key);
  EXPECT_EQ(index.columns().size(), 3u);
}

TEST(ColumnIndexTest, IsBoundedButForWhatIsWanted) {
  ColumnIndex index(std::vector<WantedName>{{"wanted"}});
  for (std::size_t i = 0; i < 3 * ColumnIndex::kMaxColumns; ++i) index.Find("column" + std::to_string(i));
  index.Find(std::string(ColumnIndex::kMaxNameBytes + 1, 'x'));
  EXPECT_EQ(index.columns().size(), ColumnIndex::kMaxColumns);
  EXPECT_EQ(Targets(index.Find("wanted")), "0=");
  EXPECT_EQ(index.Find("column1").name, "column1");
  EXPECT_EQ(index.Find("column2999").name, "");
}

TEST(NearestNameTest, IsWhatSomebodyMeant) {
  const std::vector<std::string> names = {"ID", "Vendor Code", "Vendor Name", "Stock"};
  EXPECT_EQ(NearestName("vendor_cod", names), "Vendor Code");
  EXPECT_EQ(NearestName("code", names), "Vendor Code");
  EXPECT_EQ(NearestName("stok", names), "Stock");
  EXPECT_EQ(NearestName("discount_stock", names), "Stock");
  EXPECT_EQ(NearestName("created_at", names), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

}  // namespace
}  // namespace o2o

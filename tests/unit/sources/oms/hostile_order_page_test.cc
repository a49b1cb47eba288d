// SPDX-License-Identifier: Apache-2.0
// Damaged pages of the OMS: whatever comes out is an error, or rows that the store takes. The fuzzer of
// tests/fuzz continues from here, with the same seeds.
#include "unit/sources/oms/hostile_order_page.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace o2o {
namespace {

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(O2O_TESTDATA "/../fuzz/corpus/order_page")) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    seeds.push_back(text.str());
  }
  return seeds;
}

TEST(HostileOrderPageTest, SeedsAndTheirBeginningsKeepTheirPromises) {
  const std::vector<std::string> seeds = Seeds();
  ASSERT_GE(seeds.size(), 8u);
  std::size_t orders = 0, rejected = 0;
  for (const std::string& seed : seeds) {
    for (std::size_t size = 0; size <= seed.size(); ++size) {
      ASSERT_EQ(testing::CheckHostilePage(std::string_view(seed).substr(0, size)), "")
          << seed.substr(0, size);
    }
    const Result<OrderPage> page = ParseOrderPage(seed, {});
    if (!page) continue;
    orders += page->orders.size();
    rejected += page->rejected.size();
  }
  EXPECT_GE(orders, 5u);
  EXPECT_GE(rejected, 5u);
}

}  // namespace
}  // namespace o2o

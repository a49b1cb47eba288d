// SPDX-License-Identifier: Apache-2.0
#include "metrics/catalogue.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "metrics/snapshot.h"
#include "unit/metrics/run_command.h"

namespace o2o {
namespace {

using testing::RunCommand;

TEST(Catalogue, NamesAreUniqueAndFollowTheConventions) {
  std::set<std::string> names;
  for (const MetricDesc* desc : catalogue::All()) {
    EXPECT_TRUE(names.insert(desc->name).second) << desc->name;
    EXPECT_TRUE(std::regex_match(desc->name, std::regex("[a-z][a-z0-9_]*"))) << desc->name;
    EXPECT_EQ(desc->name.ends_with("_total"), desc->type == MetricType::kCounter) << desc->name;
    EXPECT_TRUE(desc->help.ends_with(".")) << desc->name;
    for (const std::string& label : desc->labels) {
      EXPECT_TRUE(std::regex_match(label, std::regex("[a-z][a-z0-9_]*"))) << desc->name << " " << label;
      EXPECT_NE(label, "le") << desc->name;
    }
  }
  EXPECT_GT(names.size(), 40u);
}

TEST(Catalogue, EveryFamilyPassesPromtool) {
  std::string text;
  for (const MetricDesc* desc : catalogue::All()) {
    Family family;
    family.desc = *desc;
    const std::vector<std::string> labels(desc->labels.size(), "x");
    if (desc->type == MetricType::kHistogram) {
      family.bounds = {0.1, 1};
      family.histograms = {{labels, {1, 2, 3}, "4.5"}};
    } else {
      family.samples = {{labels, "1"}};
    }
    AppendFamily(text, family, ExpositionFormat::kText);
  }
  const auto result = RunCommand("promtool check metrics", text);
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(Catalogue, TheTableHasOneRowPerFamily) {
  const std::string table = catalogue::MarkdownTable();
  EXPECT_TRUE(table.starts_with("| metric | type | labels | meaning |\n|---|---|---|---|\n"));
  EXPECT_NE(table.find("\n| `o2o_orders_failed_total` | counter | order_type, status | Orders that reached"),
            std::string::npos);
  EXPECT_NE(table.find("\n| `o2o_store_up` | gauge | | Whether"), std::string::npos);
  std::size_t rows = 0;
  for (std::size_t at = 0; at < table.size(); at = table.find('\n', at) + 1) {
    const std::string line = table.substr(at, table.find('\n', at) - at);
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 5) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 2 + catalogue::All().size());
}

}  // namespace
}  // namespace o2o

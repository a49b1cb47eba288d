// SPDX-License-Identifier: Apache-2.0
#include "metrics/series_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "metrics/snapshot.h"

namespace o2o {
namespace {

std::string Key(const std::vector<std::string>& labels) {
  std::string key;
  for (const std::string& label : labels) key.append(label).push_back('\0');
  return key;
}

std::shared_ptr<SeriesTable> Table(
    const std::vector<std::pair<std::vector<std::string>, std::string>>& series) {
  auto table = std::make_shared<SeriesTable>();
  for (const auto& [labels, value] : series) table->Insert(Key(labels), value);
  return table;
}

MetricDesc Desc(std::vector<std::string> labels) {
  return {"o2o_g", MetricType::kGauge, std::move(labels), "Help."};
}

TEST(SeriesTableTest, KnowsEachKeyOnce) {
  SeriesTable table;
  EXPECT_EQ(table.Insert(Key({"a"}), "1"), std::pair(0u, true));
  EXPECT_EQ(table.Insert(Key({"a"}), "2"), std::pair(0u, false));
  EXPECT_EQ(table.Insert(Key({"b"}), "3"), std::pair(1u, true));
  EXPECT_EQ(table.Insert(Key({"a"}), "4"), std::pair(0u, false)) << "no longer rising";
  EXPECT_EQ(table.Insert(Key({"b"}), "4"), std::pair(1u, false));
  EXPECT_EQ(table.Insert(Key({""}), "5"), std::pair(2u, true));
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(table.Value(0), "1");
  EXPECT_EQ(table.Value(1), "3");
  EXPECT_EQ(table.Key(2), Key({""}));
}

TEST(SeriesTableTest, LabelsDoNotRunTogether) {
  SeriesTable table;
  EXPECT_TRUE(table.Insert(Key({"ab", "c"}), "1").second);
  EXPECT_TRUE(table.Insert(Key({"a", "bc"}), "2").second);
  EXPECT_TRUE(table.Insert(Key({"", "abc"}), "3").second);
}

// Against a map, in rising and in random order, with values that grow.
TEST(SeriesTableTest, AgreesWithAMap) {
  std::mt19937 random(20261120);
  for (const bool rising : {true, false}) {
    SeriesTable table;
    std::map<std::string, std::string> expected;
    for (int i = 0; i < 50'000; ++i) {
      const std::string number = std::to_string(rising ? 1'000'000 + i : static_cast<int>(random() % 20'000));
      const std::string key =
          Key({"vendor-" + number, std::string(random() % 3 == 0 ? random() % 200 : 3, 'x')});
      const std::string value = std::to_string(random());
      const auto [id, is_new] = table.Insert(key, value);
      ASSERT_EQ(is_new, expected.try_emplace(key, value).second);
      if (random() % 4 == 0) {
        const std::string other(random() % 256, '7');
        table.SetValue(id, other);
        expected[key] = other;
      }
    }
    ASSERT_EQ(table.size(), expected.size());
    std::size_t key_bytes = 0, value_bytes = 0;
    for (const auto& [key, value] : expected) {
      key_bytes += key.size();
      value_bytes += value.size();
    }
    EXPECT_EQ(table.KeyBytes(), key_bytes);
    EXPECT_EQ(table.ValueBytes(), value_bytes);
    table.Sort();
    SeriesTable::Id id = 0;
    for (const auto& [key, value] : expected) {
      if (id % 100 == 0) table.ReleaseBefore(id);
      ASSERT_EQ(table.Key(id), key);
      ASSERT_EQ(table.Value(id++), value);
    }
  }
}

TEST(SeriesTableTest, LargestKeysAndValues) {
  SeriesTable table;
  for (int i = 40; i > 0; --i) {
    std::string key(SeriesTable::kMaxKeyBytes, 'k');
    key[0] = static_cast<char>(i);
    ASSERT_TRUE(table.Insert(key, std::string(SeriesTable::kMaxValueBytes, '9')).second);
    ASSERT_FALSE(table.Insert(key, "").second);
  }
  table.Sort();
  EXPECT_EQ(table.Key(39)[0], 40);
  EXPECT_EQ(table.Value(39), std::string(SeriesTable::kMaxValueBytes, '9'));
}

TEST(SeriesTableTest, RendersAsSamplesDo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> series = {
      {{"b", "10"}, "1"}, {{"b", "1"}, "2.50"}, {{"\xC3\xA9\"\\\n", ""}, "3"}, {{"", "x"}, "4"}};
  Family samples;
  samples.desc = Desc({"one", "two"});
  for (const auto& [labels, value] : series) samples.samples.push_back({labels, value});
  Family table;
  table.desc = samples.desc;
  table.table = Table(series);
  const auto of_samples = Render(samples), of_table = Render(table);
  EXPECT_EQ(of_table->samples, of_samples->samples);
  EXPECT_EQ(of_table->series, 4u);
  EXPECT_EQ(of_table->deflated_samples.bytes, of_samples->deflated_samples.bytes);
}

TEST(SeriesTableTest, RendersWithoutLabelsAndWithoutSeries) {
  Family family;
  family.desc = Desc({});
  family.table = Table({{{}, "7"}});
  EXPECT_EQ(Render(std::move(family))->samples, "o2o_g 7\n");
  Family empty;
  empty.desc = Desc({"a"});
  empty.table = Table({});
  EXPECT_EQ(Render(std::move(empty))->samples, "");
}

TEST(SeriesTableTest, TextIsWrittenIntoMemoryTakenOnce) {
  Family family;
  family.desc = Desc({"a", "b"});
  family.table = std::make_shared<SeriesTable>();
  for (int i = 0; i < 10'000; ++i)
    family.table->Insert(Key({std::to_string(i), "\"quoted\"\n"}), std::to_string(i));
  const auto block = Render(std::move(family));
  EXPECT_EQ(block->samples.size(), block->samples.capacity());
}

}  // namespace
}  // namespace o2o

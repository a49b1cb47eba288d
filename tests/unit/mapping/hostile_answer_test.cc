// SPDX-License-Identifier: Apache-2.0
// Damaged answers: whatever comes out is an error, or an exposition that Prometheus takes, and the same
// however the answer is cut. The fuzzer of tests/fuzz continues from here.
#include "unit/mapping/hostile_answer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "json/json_reader.h"

namespace o2o {
namespace {

// The fuzzer's seeds: the first byte says which mapping, the second how it is cut.
std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(O2O_TESTDATA "/../fuzz/corpus/mapping")) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    seeds.push_back(text.str());
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

std::string Damage(std::string text, const std::vector<std::string>& seeds, std::mt19937& random) {
  static constexpr std::string_view kBytes = "{}[]\",:\\0123456789.eE+-%tfnuINaxd \n\x01\xC3\xFF";
  const auto number = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (std::size_t times = 1 + number(4); times > 0 && text.size() > 2; --times) {
    const std::size_t at = 2 + number(text.size() - 2);
    const std::string& other = seeds[number(seeds.size())];
    switch (number(7)) {
      case 0: text[at] = kBytes[number(kBytes.size())]; break;
      case 1: text.insert(at, 1, kBytes[number(kBytes.size())]); break;
      case 2: text.erase(at, 1 + number(8)); break;
      case 3: text.resize(at); break;
      case 4: text.insert(at, text.substr(at, number(80))); break;
      case 5:
        text.insert(at, other.substr(std::min(other.size(), 2 + number(other.size())), number(80)));
        break;
      default: text[at] = static_cast<char>(random()); break;
    }
  }
  return text;
}

TEST(HostileAnswerTest, SeedsAreGoodAnswers) {
  const std::vector<std::string> seeds = Seeds();
  ASSERT_GE(seeds.size(), 10u);
  std::size_t mapped = 0;
  for (const std::string& seed : seeds) {
    ASSERT_GE(seed.size(), 2u);
    const unsigned which = static_cast<unsigned char>(seed[0]) - '0';
    EXPECT_EQ(testing::CheckHostile(std::string_view(seed).substr(2), which, 1), "") << seed;
    std::string fault;
    const std::string lines =
        testing::MapHostile(testing::HostileMapping(which), std::string_view(seed).substr(2), 7, fault);
    if (!lines.empty() && lines.find("} ") != std::string::npos) ++mapped;
  }
  EXPECT_GE(mapped, 5u) << "seeds that give samples";
}

TEST(HostileAnswerTest, DamagedAnswersAreErrorsOrGoodExpositions) {
  const std::vector<std::string> seeds = Seeds();
  std::mt19937 random(20261120);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = Damage(seeds[random() % seeds.size()], seeds, random);
    const unsigned which =
        random() % 8 == 0 ? random() % testing::kHostileMappings : static_cast<unsigned char>(text[0]) - '0';
    ASSERT_EQ(testing::CheckHostile(std::string_view(text).substr(2), which, 1 + random() % 40), "")
        << which << " " << text;
  }
}

}  // namespace
}  // namespace o2o

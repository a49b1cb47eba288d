// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come in, the loader answers with a configuration or with mistakes that a person can read.
#include "unit/config/hostile_config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace o2o {
namespace {

std::vector<std::string> Fixtures() {
  std::vector<std::string> texts = {std::string(DefaultConfigText())};
  for (const auto& entry : std::filesystem::directory_iterator(O2O_TESTDATA "/config")) {
    if (entry.path().extension() != ".yml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

void ExpectAnswer(const std::string& text) {
  ASSERT_EQ(testing::CheckHostileConfig(text, O2O_TESTDATA "/config"), "") << text.substr(0, 10'000);
}

TEST(HostileConfigTest, TruncatedFixtures) {
  for (const std::string& text : Fixtures()) {
    for (std::size_t length = 0; length <= text.size(); length += text.size() / 100 + 1) {
      ExpectAnswer(text.substr(0, length));
    }
  }
}

TEST(HostileConfigTest, MutatedFixtures) {
  static const std::string kPieces[] = {
      "{",    "}",        "[",       "]",     ": ",    "\n",          "  ",
      "- ",   "\"",       "'",       "#",     "&a ",   "*a",          "!!t ",
      "|\n",  ">\n",      "? ",      "---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n",
      "<<: ", "${",       "${A}",    "$",     "\t",    "\r",          "\xEF\xBB\xBF",
      "\xC3", "\\x00",    "\\u000a", "\x1B",  "~",     "null",        "\xE2\x80\xA8",
      "@",    "`",        ",",       "null",  "$key",  "metrics: ",   "rows: ",
      "../",  "labels: ", "json: "};
  const std::vector<std::string> fixtures = Fixtures();
  std::mt19937 random(3);
  for (int round = 0; round < 4'000; ++round) {
    std::string text = fixtures[random() % fixtures.size()];
    for (unsigned edits = random() % 4 + 1; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 4) {
        case 0: text.insert(at, kPieces[random() % std::size(kPieces)]); break;
        case 1: text.erase(at, random() % 20); break;
        case 2: text.insert(at, 1, static_cast<char>(random())); break;
        case 3: text.insert(at, text.substr(random() % (text.size() + 1), random() % 60)); break;
      }
    }
    ExpectAnswer(text);
  }
}

TEST(HostileConfigTest, Noise) {
  std::mt19937 random(4);
  for (int round = 0; round < 3'000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text)
      c = round % 2 ? static_cast<char>(random()) : "{}[]:,-?&*!|>'\"%@# \n\ta0$"[random() % 25];
    ExpectAnswer(text);
  }
}

TEST(HostileConfigTest, LargeTextsOfOnePiece) {
  for (const char* piece :
       {"[",   "{",   "]", "- ",    "? ",     ": ", "a: ", "a:\n", "\"",  "'",       "&a ",
        "*a ", "!a ", "|", "#",     ",",      "\n", "[]",  "{}",   "[a,", "{a:",     "a",
        " ",   "\n ", "%", "---\n", "a: b: ", "${", "$$",  "\\",   "\t",  "\xC3\xA9"}) {
    std::string text;
    while (text.size() < 300'000) text += piece;
    ExpectAnswer(text);
    ExpectAnswer("web: " + text.substr(0, 100'000));
    ExpectAnswer("sources: \"" + text.substr(0, 100'000) + "\"");
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "base/text.h"

namespace o2o::log {
namespace {

// What `write` puts on stderr, with the time of day replaced by T.
template <typename Write>
std::string Logged(Write write) {
  testing::internal::CaptureStderr();
  write();
  EXPECT_TRUE(Flush(std::chrono::seconds(30)));
  static const std::regex kTime("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z");
  return std::regex_replace(testing::internal::GetCapturedStderr(), kTime, "T");
}

class LogTest : public testing::Test {
 protected:
  void SetUp() override { Configure(Level::kInfo, Format::kLogfmt); }
  void TearDown() override { Configure(Level::kInfo, Format::kLogfmt); }
};

TEST_F(LogTest, WritesLogfmt) {
  EXPECT_EQ(Logged([] {
              Info("source recovered", {{"source", "orders"}, {"rows", "12"}});
            }),
            "ts=T level=info msg=\"source recovered\" source=orders rows=12\n");
  EXPECT_EQ(Logged([] { Error("started"); }), "ts=T level=error msg=started\n");
}

TEST_F(LogTest, WritesJson) {
  Configure(Level::kInfo, Format::kJson);
  EXPECT_EQ(
      Logged([] {
        Warn("source failed", {{"source", "orders"}, {"rows", "12"}});
      }),
      "{\"ts\":\"T\",\"level\":\"warn\",\"msg\":\"source failed\",\"source\":\"orders\",\"rows\":\"12\"}\n");
}

TEST_F(LogTest, LevelsBelowTheChosenOneAreSilent) {
  const auto all = [] {
    Debug("d");
    Info("i");
    Warn("w");
    Error("e");
  };
  Configure(Level::kDebug, Format::kLogfmt);
  EXPECT_EQ(Logged(all),
            "ts=T level=debug msg=d\nts=T level=info msg=i\nts=T level=warn msg=w\nts=T level=error msg=e\n");
  Configure(Level::kError, Format::kLogfmt);
  EXPECT_EQ(Logged(all), "ts=T level=error msg=e\n");
}

TEST_F(LogTest, NoValueForgesALineOrAField) {
  struct Case {
    std::string value, logged;
  };
  const Case cases[] = {
      {"", "\"\""},
      {"a b", "\"a b\""},
      {"a=b", "\"a=b\""},
      {"say \"hi\"", "\"say \\\"hi\\\"\""},
      {"back\\slash", "\"back\\\\slash\""},
      {"x\nts=T level=error msg=forged", "\"x\\nts=T level=error msg=forged\""},
      {"\r\t\x1B[2J", "\"\\r\\t\\u001b[2J\""},
      {std::string("nul\0!", 5), "\"nul\xEF\xBF\xBD!\""},
      {"\x7F", "\"\\u007f\""},
      {"\xC2\x85", "\"\\u0085\""},      // next line
      {"\xE2\x80\xA8", "\"\\u2028\""},  // line separator
      {"\xE2\x80\xAE", "\"\\u202e\""},  // right to left override
      {"caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\""},
      {"cut \xF0\x9F", "\"cut \xEF\xBF\xBD\""},
      {"{} %s {0}", "\"{} %s {0}\""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Logged([&] { Info("m", {{"k", c.value}}); }), "ts=T level=info msg=m k=" + c.logged + "\n");
  }
  EXPECT_EQ(Logged([] { Info("a\nb", {{"bad key=", "v"}}); }), "ts=T level=info msg=\"a\\nb\" bad_key_=v\n");
  Configure(Level::kInfo, Format::kJson);
  EXPECT_EQ(Logged([] {
              Info("a\nb", {{"k\"", "\"\xFF\x01"}});
            }),
            "{\"ts\":\"T\",\"level\":\"info\",\"msg\":\"a\\nb\",\"k\\\"\":\"\\\"\xEF\xBF\xBD\\u0001\"}\n");
}

TEST_F(LogTest, LongValuesAreCut) {
  EXPECT_EQ(Logged([] {
              Info("m", {{"k", std::string(5'000'000, 'x')}});
            }),
            "ts=T level=info msg=m k=" + std::string(4096, 'x') + "...\n");
  std::string characters;
  while (characters.size() < 10'000) characters += "\xE2\x82\xAC";
  EXPECT_TRUE(IsCleanUtf8(Logged([&] { Info("m", {{"k", characters}}); })));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  const std::string value(300, 'v');
  const std::string all = Logged([&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&value] {
        for (int line = 0; line < 200; ++line) Info("m", {{"k", value}});
      });
    }
  });
  std::istringstream lines(all);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    ASSERT_EQ(line, "ts=T level=info msg=m k=" + value);
  EXPECT_EQ(count, 1600);
}

}  // namespace
}  // namespace o2o::log

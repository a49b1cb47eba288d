// SPDX-License-Identifier: Apache-2.0
#include "mapping/shown.h"

#include <gtest/gtest.h>

#include "base/secret.h"
#include "unit/mapping/mapped.h"

namespace o2o {
namespace {

constexpr std::string_view kKey = "mb_0123456789abcdefghijklmnopqrstuvwxyz+/=";

TEST(ShownTest, ShortOnOneLineCleanAndQuoted) {
  EXPECT_EQ(Quoted("a\xFF"), "`a\xEF\xBF\xBD`");
  EXPECT_EQ(Shown(JsonType::kString, "two\nlines"), "'two lines'");
  EXPECT_EQ(Shown(JsonType::kNumber, "1e5"), "'1e5'");
  EXPECT_EQ(Shown(JsonType::kArray, "[1]"), "an array");
  EXPECT_EQ(Quoted(std::string(100, 'a')), "`" + std::string(64, 'a') + "`");
}

// Where it is cut through, what is left of it would not be known for one.
TEST(ShownTest, ASecretAtTheCutIsMasked) {
  const Secret key{std::string(kKey)};
  const std::string before(40, '-');
  EXPECT_EQ(Quoted(before + std::string(kKey)), "`" + before + "<secret>`");
  EXPECT_EQ(Shown(JsonType::kString, before + std::string(kKey)), "'" + before + "<secret>'");
}

TEST(ShownTest, ASecretAtTheCutOfARejectedRowIsMasked) {
  const Secret key{std::string(kKey)};
  const std::string row = R"({"v":"x","note":")" + std::string(360, '-') + std::string(kKey) + R"("})";
  MappingOptions options;
  options.rejected_rows = 1;
  options.max_row_bytes = 400;
  for (const std::size_t piece : {row.size() + 2, std::size_t{1}}) {
    AnswerMapper mapper(AnyShape({Gauge("m", "v")}), options);
    const std::string body = "[" + row + "]";
    for (std::size_t at = 0; at < body.size(); at += piece) (void)mapper.Feed(body.substr(at, piece));
    const auto mapping = mapper.Finish();
    ASSERT_TRUE(mapping) << mapping.error().message;
    ASSERT_EQ(mapping->report.rejected_rows.size(), 1u);
    EXPECT_EQ(mapping->report.rejected_rows[0].row,
              R"({"v":"x","note":")" + std::string(360, '-') + "<secret>\"}");
  }
}

}  // namespace
}  // namespace o2o

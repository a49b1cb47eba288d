// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

// The tree on one line, with each value's place, to compare whole.
std::string Show(const YamlNode& node) {
  const std::string at = "@" + std::to_string(node.at.line) + ":" + std::to_string(node.at.column);
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "null" + at;
    case YamlNode::Kind::kScalar: return "'" + node.scalar + "'" + at;
    case YamlNode::Kind::kSequence: {
      std::string text = "[";
      for (const YamlNode& item : node.items) text += (text.size() > 1 ? " " : "") + Show(item);
      return text + "]" + at;
    }
    case YamlNode::Kind::kMap: {
      std::string text = "{";
      for (const YamlMember& member : node.members) {
        text += (text.size() > 1 ? " " : "") + member.key + ": " + Show(member.value);
      }
      return text + "}" + at;
    }
  }
  return "?";
}

std::vector<std::string> Problems(std::string_view text) {
  std::vector<std::string> problems;
  for (const YamlProblem& problem : ParseYaml(text).problems) {
    problems.push_back(std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " +
                       (problem.path.empty() ? "" : problem.path + ": ") + problem.text);
  }
  return problems;
}

using Lines = std::vector<std::string>;

TEST(YamlDocumentTest, KeepsValuesAndPlaces) {
  const YamlDocument document =
      ParseYaml("a: 1\nb:\n  - x y\n  - \"q\\n\"\n  - {c: , d: ~}\ne:\n  f: |\n    l1\n    l2\n");
  EXPECT_TRUE(document.readable);
  EXPECT_TRUE(document.problems.empty());
  EXPECT_EQ(Show(document.root),
            "{a: '1'@1:4 b: ['x y'@3:5 'q\n'@4:5 {c: null@5:6 d: null@5:11}@5:5]@2:1 e: {f: "
            "'l1\nl2\n'@7:6}@6:1}@1:1");
}

TEST(YamlDocumentTest, ValuesStayText) {
  EXPECT_EQ(Show(ParseYaml("[yes, 08, 1e3, 0x10, 2026-11-20, '~', .inf]").root),
            "['yes'@1:2 '08'@1:7 '1e3'@1:11 '0x10'@1:16 '2026-11-20'@1:22 '~'@1:34 '.inf'@1:39]@1:1");
}

TEST(YamlDocumentTest, NullIsAWordWhereItIsAKey) {
  const YamlDocument document = ParseYaml("{null: null, a: {x: 1, null: 0}, \"~\": 2}");
  EXPECT_TRUE(document.problems.empty());
  EXPECT_EQ(Show(document.root), "{null: null@1:2 a: {x: '1'@1:21 null: '0'@1:30}@1:14 ~: '2'@1:39}@1:1");
  EXPECT_EQ(Problems("~: 1"), Lines{"1:1: a key must be a plain word"});
}

TEST(YamlDocumentTest, QuotesAreKnown) {
  const YamlNode list = ParseYaml("[1, '1', \"1\"]").root;
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_TRUE(list.items[2].quoted);
  EXPECT_TRUE(ParseYaml("a: |\n  1\n").root.members.at(0).value.quoted);
}

TEST(YamlDocumentTest, EmptyTextIsNull) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(ParseYaml(text).root.kind, YamlNode::Kind::kNull);
    EXPECT_EQ(Problems(text), Lines{});
  }
}

TEST(YamlDocumentTest, DuplicateKeysAreReportedWithTheirPath) {
  EXPECT_EQ(Problems("a:\n  - b: 1\n    b: {c: 1}\n    \"b\": 2\na: 3\n"),
            (Lines{"3:5: a[0].b: duplicate key, give it once", "4:5: a[0].b: duplicate key, give it once",
                   "5:1: a: duplicate key, give it once"}));
  EXPECT_EQ(Show(ParseYaml("a: 1\na: 2\n").root), "{a: '1'@1:4}@1:1");
}

TEST(YamlDocumentTest, AliasBombIsRefusedAtOnce) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  const YamlDocument document = ParseYaml(bomb);
  EXPECT_FALSE(document.readable);
  EXPECT_EQ(document.problems.size(), 20u + 190u);
  EXPECT_FALSE(ParseYaml("a: &x [*x]\n").readable);
  EXPECT_FALSE(ParseYaml("a: *nothing\n").readable);
}

TEST(YamlDocumentTest, TagsAreRefused) {
  for (const char* text :
       {"a: !!str 1", "a: !mine 1", "a: !!map {}", "a: !<tag:x> []", "!!map {a: 1}", "a: !!null ~"}) {
    EXPECT_EQ(Problems(text).size(), 1u) << text;
  }
}

TEST(YamlDocumentTest, DeepNestingIsRefused) {
  const auto nested = [](int depth, std::string_view open, std::string_view close) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += open;
    text += "x";
    for (int i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_EQ(Problems(nested(32, "[", "]")), Lines{});
  const std::string message = "nested deeper than 32 levels, this is not a configuration of this program";
  EXPECT_EQ(Problems(nested(33, "[", "]")), Lines{"1:33: " + message});
  for (int depth : {600, 100'000}) {
    EXPECT_EQ(Problems(nested(depth, "[", "]")), Lines{"1:33: " + message});
    EXPECT_EQ(Problems(nested(depth, "{a: ", "}")).size(), 1u);
    EXPECT_FALSE(ParseYaml(nested(depth, "- ", "")).readable);
    EXPECT_FALSE(ParseYaml(nested(depth, "? ", "")).readable);
    EXPECT_FALSE(ParseYaml(nested(depth, "[", "")).readable);
  }
}

TEST(YamlDocumentTest, LargeTextsAreRefused) {
  const Lines too_large = {"1:1: larger than 1 MiB, this is not a configuration of this program"};
  EXPECT_EQ(Problems(std::string(2u << 20, ' ')), too_large);
  EXPECT_EQ(Problems(std::string(kMaxYamlBytes + 1, '#')), too_large);
  EXPECT_EQ(Problems(std::string(kMaxYamlBytes, '#')), Lines{});
  std::string many = "[";
  for (int i = 0; i < 200'000; ++i) many += "x,";
  EXPECT_EQ(Problems(many + "]"),
            Lines{"1:200000: more than 100000 values, this is not a configuration of this program"});
  std::string duplicates;
  for (int i = 0; i < 40'000; ++i) duplicates += "a: 1\n";
  EXPECT_EQ(Problems(duplicates).size(), 1'001u);
}

TEST(YamlDocumentTest, NothingBehindAControlCharacterIsLost) {
  // The library would take U+0004 for the end of the file.
  EXPECT_EQ(Problems("a: 1\nbc\x04: 2\n"), Lines{"2:3: a control character, remove it"});
  EXPECT_EQ(Problems("\x01"), Lines{"1:1: a control character, remove it"});
  EXPECT_EQ(Problems(std::string("a: 1\0", 5)), Lines{"1:1: not UTF-8 text, save it as UTF-8"});
  EXPECT_EQ(Problems("\xFF\xFE"
                     "a: 1"),
            Lines{"1:1: not UTF-8 text, save it as UTF-8"});
}

TEST(YamlDocumentTest, MoreThanOneDocumentIsRefused) {
  EXPECT_EQ(Problems("---\na: 1\n...\n"), Lines{});
  EXPECT_EQ(Problems("a: 1\n---\nb: 1\n").size(), 1u);
  EXPECT_EQ(Problems("a: 1\n...\nb: 1\n").size(), 1u);
  EXPECT_EQ(Problems("---\n---\n").size(), 1u);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/json_fields.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

using Fields = std::map<std::string, std::string>;

TEST(JsonFieldsTest, ScalarsByThePathOfTheirKeys) {
  EXPECT_EQ(
      ReadJsonFields(
          R"({"id": 7, "ok": true, "errors": {"user": {"name": "no\n"}, "x": -1.50}, "last": "é"})"),
      (Fields{
          {"id", "7"}, {"ok", "true"}, {"errors.user.name", "no\n"}, {"errors.x", "-1.50"}, {"last", "é"}}));
}

TEST(JsonFieldsTest, OneOfThemIsEmptyWhereItIsMissing) {
  const auto fields = ReadJsonFields(R"({"error": {"code": 7}})");
  EXPECT_EQ(FieldText(fields, "error.code"), "7");
  EXPECT_EQ(FieldText(fields, "error"), "");
}

TEST(JsonFieldsTest, NullsAndArraysAreLeftOut) {
  EXPECT_EQ(ReadJsonFields(R"({"id": null, "via": [{"error": "deep"}, [1]], "error": "shallow"})"),
            (Fields{{"error", "shallow"}}));
}

TEST(JsonFieldsTest, LastOfEqualKeysWins) {
  EXPECT_EQ(ReadJsonFields(R"({"a":1,"a":2})"), (Fields{{"a", "2"}}));
}

TEST(JsonFieldsTest, FieldsBeforeADamageAreKept) {
  EXPECT_EQ(ReadJsonFields(R"({"a": 1, "b": "2", "c)"), (Fields{{"a", "1"}, {"b", "2"}}));
}

TEST(JsonFieldsTest, NothingOfOtherTexts) {
  for (const char* text : {"", "17", "\"a\"", "[{\"a\":1}]", "<html>", "null"})
    EXPECT_EQ(ReadJsonFields(text), Fields()) << text;
}

TEST(JsonFieldsTest, AtMostSoMany) {
  std::string text = "{";
  for (int i = 0; i < 1'000; ++i) text += "\"k" + std::to_string(i) + "\": 1,";
  EXPECT_EQ(ReadJsonFields(text + "\"z\": 1}", 10).size(), 10u);
}

TEST(JsonFieldsTest, DeepNestingIsHarmless) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
  EXPECT_EQ(ReadJsonFields("{\"first\": 1, \"deep\": " + text + "1").at("first"), "1");
}

TEST(JsonFieldsTest, WhatLiesTooDeepIsPassedOver) {
  const auto inside = [](int objects) {
    std::string text = "\"v\": 1";
    for (int i = 0; i < objects; ++i) text = "\"a\": {" + text + "}";
    return "{" + text + ", \"last\": 2}";
  };
  EXPECT_EQ(ReadJsonFields(inside(63)).size(), 2u);
  EXPECT_EQ(ReadJsonFields(inside(64)), (Fields{{"last", "2"}}));
}

TEST(JsonFieldsTest, NestingThatOnlyCostsMemoryEndsTheReading) {
  for (const char* const opening : {"{\"a\":", "["}) {
    std::string text = "{\"first\": 1, \"deep\": ";
    std::string closing;
    for (int i = 0; i < 200'000; ++i) {
      text += opening;
      closing += *opening == '[' ? ']' : '}';
    }
    EXPECT_EQ(ReadJsonFields(text + "1" + closing + ", \"last\": 2}"), (Fields{{"first", "1"}})) << opening;
  }
}

TEST(JsonFieldsTest, DamageEndsTheReading) {
  for (const char* const damage : {R"("\ud83d")", "\"a\tb\"", "1e999", "'a'"}) {
    EXPECT_EQ(ReadJsonFields(std::string("{\"first\": 1, \"b\": ") + damage + ", \"last\": 2}"),
              (Fields{{"first", "1"}}))
        << damage;
  }
}

TEST(JsonFieldsTest, InvalidUtf8IsRepaired) {
  EXPECT_EQ(ReadJsonFields("{\"a\xFF\": \"b\xFF\"}"), (Fields{{"a\xEF\xBF\xBD", "b\xEF\xBF\xBD"}}));
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "json/json_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "json/json_fields.h"

namespace o2o {
namespace {

TEST(JsonWriterTest, WritesObjectsAndArraysWithTheirCommas) {
  JsonWriter json;
  json.StartObject().Text("a", "b").Bool("c", true).Raw("d", "1e999").Key("e").StartArray();
  json.Null().Text("").Raw("{\"x\":[]}").StartObject().EndObject().EndArray().EndObject();
  EXPECT_EQ(json.text(), R"({"a":"b","c":true,"d":1e999,"e":[null,"",{"x":[]},{}]})");
}

TEST(JsonWriterTest, TextIsThereWhileContainersAreOpen) {
  JsonWriter json;
  json.StartObject().Raw("total", "2").Key("rows").StartArray();
  EXPECT_EQ(json.text(), R"({"total":2,"rows":[)");
  json.Clear();
  json.Text("next");
  EXPECT_EQ(json.text(), "\"next\"");
}

TEST(JsonWriterTest, CanBeMovedWhileItWrites) {
  JsonWriter json;
  json.StartArray().Raw("1");
  JsonWriter moved = std::move(json);
  moved.Raw("2").EndArray();
  EXPECT_EQ(moved.text(), "[1,2]");
}

TEST(QuoteJsonTest, ComesBackAsItWas) {
  const std::string text = "a\"b\\c/\b\f\n\r\t\x01\x1F\x7F \xC3\xA9 \xF0\x9F\x98\x80";
  EXPECT_EQ(ReadJsonFields("{\"t\":" + QuoteJson(text) + "}").at("t"), text);
  EXPECT_EQ(QuoteJson("a\"b\\c\n\x1F"), R"("a\"b\\c\n\u001F")");
}

TEST(QuoteJsonTest, WhatIsNotTextIsRepaired) {
  EXPECT_EQ(QuoteJson("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(QuoteJson(std::string_view("a\0b", 3)),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(QuoteJson("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // half of a pair
}

}  // namespace
}  // namespace o2o

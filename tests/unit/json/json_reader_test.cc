// SPDX-License-Identifier: Apache-2.0
#include "json/json_reader.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "json/json_stream.h"

namespace o2o {
namespace {

// Writes down what it is told: "{k:a n:1 }" and so on.
class Recorder final : public JsonHandler {
 public:
  bool Scalar(JsonType type, std::string_view text, JsonRange where) override {
    Add(std::string(1, "0bns"[static_cast<int>(type)]) + ":" + std::string(text));
    values.emplace_back(where.begin, where.end);
    return Continue();
  }
  bool Key(std::string_view key) override {
    Add("k:" + std::string(key));
    return Continue();
  }
  bool Open(JsonType type, std::size_t begin) override {
    Add(type == JsonType::kObject ? "{" : "[");
    open.push_back(begin);
    return Continue();
  }
  bool Close(JsonType type, std::size_t end) override {
    Add(type == JsonType::kObject ? "}" : "]");
    containers.emplace_back(open.back(), end);
    open.pop_back();
    return Continue();
  }

  bool TooDeep(JsonRange where) override {
    Add("deep");
    values.emplace_back(where.begin, where.end);
    return Continue();
  }

  std::string events;
  std::vector<std::pair<std::size_t, std::size_t>> values;
  std::vector<std::pair<std::size_t, std::size_t>> containers;
  std::vector<std::size_t> open;
  int events_left = std::numeric_limits<int>::max();

 private:
  void Add(const std::string& event) { events += events.empty() ? event : " " + event; }
  bool Continue() { return --events_left > 0; }
};

std::string Outcome(const Result<void>& read, const Recorder& recorder) {
  return read ? recorder.events : std::string(Name(read.error().code)) + ": " + read.error().message;
}

// Each piece in memory of its own that is gone when the next one comes, so that nothing can hold on to it.
using Cutter = std::function<std::size_t(std::size_t at)>;  // how long the piece at `at` is
Result<void> ReadInPieces(std::string_view text, const Cutter& length, JsonHandler& handler) {
  JsonStream stream(handler);
  for (std::size_t at = 0; at < text.size();) {
    const std::vector<char> piece(
        text.begin() + static_cast<std::ptrdiff_t>(at),
        text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), at + length(at))));
    if (Result<void> fed = stream.Feed({piece.data(), piece.size()}); !fed) {
      EXPECT_FALSE(stream.Feed("1")) << "an error stays";
      EXPECT_EQ(stream.Finish().error().message, fed.error().message);
      return fed;
    }
    at += piece.size();
  }
  return stream.Finish();
}

// Of the text whole; the same in pieces is held against it.
std::string Events(std::string_view text) {
  Recorder whole;
  const Result<void> read = ReadJson(text, whole);
  const auto same = [&](const Cutter& length, std::size_t where) {
    Recorder recorder;
    const Result<void> again = ReadInPieces(text, length, recorder);
    ASSERT_EQ(Outcome(again, recorder), Outcome(read, whole)) << text << "\ncut at " << where;
    ASSERT_EQ(recorder.events, whole.events);
    ASSERT_EQ(recorder.values, whole.values);
    ASSERT_EQ(recorder.containers, whole.containers);
  };
  for (const std::size_t every : {1, 2, 3, 7}) same([&](std::size_t) { return every; }, every);
  if (text.size() < 500) {
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      same([&](std::size_t at) { return at == 0 ? cut : text.size(); }, cut);
    }
  }
  return Outcome(read, whole);
}

TEST(JsonReaderTest, EventsComeInTheTextsOrder) {
  EXPECT_EQ(Events(R"( {"a": [1, true, false, null], "b": {"c": "x"}, "a": ""} )"),
            "{ k:a [ n:1 b:true b:false 0:null ] k:b { k:c s:x } k:a s: }");
  EXPECT_EQ(Events("[]"), "[ ]");
  EXPECT_EQ(Events("{}"), "{ }");
  EXPECT_EQ(Events("7"), "n:7");
  EXPECT_EQ(Events("\"x\""), "s:x");
  EXPECT_EQ(Events("-12.5e-3"), "n:-12.5e-3");
  EXPECT_EQ(Events("-Inf"), "n:-Inf");
  EXPECT_EQ(Events("false"), "b:false");
}

TEST(JsonReaderTest, NumbersStayText) {
  EXPECT_EQ(Events("[0,-0,12.50,1e999,-1.5E-7,18446744073709551616]"),
            "[ n:0 n:-0 n:12.50 n:1e999 n:-1.5E-7 n:18446744073709551616 ]");
  const std::string digits(5'000, '9');
  EXPECT_EQ(Events(digits), "n:" + digits);
  EXPECT_EQ(Events("128.74836467836484838364836483643636483648e-336"),
            "n:128.74836467836484838364836483643636483648e-336");
}

TEST(JsonReaderTest, NotANumberAndInfinityStayText) {
  EXPECT_EQ(Events("[NaN,Infinity,-Infinity,Inf,-Inf,-NaN]"),
            "[ n:NaN n:Infinity n:-Infinity n:Inf n:-Inf n:-NaN ]");
}

TEST(JsonReaderTest, EscapesAreDecoded) {
  EXPECT_EQ(Events(R"("\"\\\/\b\f\n\r\t")"), "s:\"\\/\b\f\n\r\t");
  EXPECT_EQ(Events(R"("a\u0041\u00e9\u20AC\ud83d\ude00z")"), "s:aA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  EXPECT_EQ(Events(R"("\u0000")"), std::string("s:\0", 3));
  EXPECT_EQ(Events(R"({"\u006Fk":1})"), "{ k:ok n:1 }");
}

TEST(JsonReaderTest, HalfASurrogatePairIsReplaced) {
  EXPECT_EQ(Events(R"("a\ud800b")"),
            "s:a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Events(R"("a\udc00b")"),
            "s:a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Events(R"("\ud83d\ud83d\ude00")"), "s:\xEF\xBF\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(Events(R"("\ud83d\n")"), "s:\xEF\xBF\xBD\n");
  EXPECT_EQ(Events(R"("\ud83d")"), "s:\xEF\xBF\xBD");
  EXPECT_EQ(Events(R"("\ud83d\\u0041")"), "s:\xEF\xBF\xBD\\u0041");
  EXPECT_EQ(Events(R"("\ude00\ud83d\ud83d\ud83dx")"), "s:\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx");
  EXPECT_EQ(Events(R"("\ud83d\u0041")"),
            "s:\xEF\xBF\xBD"
            "A");
}

TEST(JsonReaderTest, InvalidUtf8PassesThrough) {
  EXPECT_EQ(Events("\"a\xFF\xC3\""), "s:a\xFF\xC3");
  EXPECT_EQ(Events("\"tab\there\""), "s:tab\there");
}

TEST(JsonReaderTest, ByteOrderMarkAndBlanksInFront) {
  EXPECT_EQ(Events("\xEF\xBB\xBF \r\n\t[1]\n"), "[ n:1 ]");
}

TEST(JsonReaderTest, RangesCutTheTextOut) {
  const std::string_view text = R"( [ {"a" : "x\n"} , -12.5 , null ])";
  Recorder recorder;
  ASSERT_TRUE(ReadJson(text, recorder));
  const auto cut = [&](std::pair<std::size_t, std::size_t> range) {
    return text.substr(range.first, range.second - range.first);
  };
  ASSERT_EQ(recorder.values.size(), 3u);
  EXPECT_EQ(cut(recorder.values[0]), R"("x\n")");
  EXPECT_EQ(cut(recorder.values[1]), "-12.5");
  EXPECT_EQ(cut(recorder.values[2]), "null");
  ASSERT_EQ(recorder.containers.size(), 2u);
  EXPECT_EQ(cut(recorder.containers[0]), R"({"a" : "x\n"})");
  EXPECT_EQ(cut(recorder.containers[1]), R"([ {"a" : "x\n"} , -12.5 , null ])");
}

std::string Nested(std::size_t levels, std::string_view inside = "") {
  return std::string(levels, '[') + std::string(inside) + std::string(levels, ']');
}

TEST(JsonReaderTest, WhatIsTooDeepIsOneEvent) {
  EXPECT_EQ(Events(Nested(64)).find("deep"), std::string::npos);
  const std::string inside = R"({"a":"b\u00e9","c":[1,{"d":null}]})";
  const std::string text = Nested(64, " 1, " + inside + " ,[],2");
  const std::string events = Events(text);
  EXPECT_NE(events.find("[ n:1 deep deep n:2 ]"), std::string::npos) << events;

  Recorder recorder;
  ASSERT_TRUE(ReadJson(text, recorder));
  ASSERT_EQ(recorder.values.size(), 4u);
  const auto [begin, end] = recorder.values[1];
  EXPECT_EQ(text.substr(begin, end - begin), inside);
}

TEST(JsonReaderTest, WhatIsTooDeepIsStillHeldToTheGrammar) {
  const std::string open(70, '[');
  EXPECT_EQ(Events(open + "1 2"), "bad_json: not JSON at byte 72: found '2', expected a comma or ]");
  EXPECT_EQ(Events(open + R"({"a" 1})"), "bad_json: not JSON at byte 75: found '1', expected a colon");
  EXPECT_EQ(Events(open), "bad_json: the JSON ends in the middle, at byte 70");
  EXPECT_EQ(Events(open + std::string(69, ']') + "}"),
            "bad_json: not JSON at byte 139: found '}', expected a comma or ]");
}

TEST(JsonReaderTest, DepthIsBounded) {
  Recorder recorder;
  ASSERT_TRUE(ReadJson(Nested(kMaxJsonNesting), recorder));
  EXPECT_EQ(recorder.values.size(), 1u);
  EXPECT_EQ(Outcome(ReadJson(Nested(kMaxJsonNesting + 1), recorder), recorder),
            "bad_json: not JSON at byte 100000: found '[', expected no more than 100000 levels");
  EXPECT_FALSE(ReadJson(std::string(10'000'000, '['), recorder));
}

TEST(JsonReaderTest, ByteOrderMarkIsWholeOrNone) {
  EXPECT_EQ(Events("\xEF\xBB[]"), "bad_json: not JSON at byte 0: found byte 0xEF, expected a value");
  EXPECT_EQ(Events("\xEF"), "bad_json: not JSON at byte 0: found byte 0xEF, expected a value");
  EXPECT_EQ(Events("\xEF\xBB\xBF"), "bad_json: the JSON ends in the middle, at byte 3");
  EXPECT_EQ(Events("\xEF\xBB\xBF\xEF\xBB\xBF[]"),
            "bad_json: not JSON at byte 3: found byte 0xEF, expected a value");
}

TEST(JsonStreamTest, ValuesHeldBetweenPiecesAreBounded) {
  Recorder recorder;
  JsonStream stream(recorder, 100);
  ASSERT_TRUE(stream.Feed("[\"" + std::string(100, 'x')));
  const Result<void> fed = stream.Feed("x");
  ASSERT_FALSE(fed);
  EXPECT_EQ(Name(fed.error().code), "too_large");
  EXPECT_EQ(fed.error().message, "a value of more than 100 bytes, from byte 1 on");
}

TEST(JsonStreamTest, EmptyPiecesAreNothing) {
  Recorder recorder;
  JsonStream stream(recorder);
  for (const std::string_view piece : {"", "[1", "", "2", "]", ""}) ASSERT_TRUE(stream.Feed(piece));
  ASSERT_TRUE(stream.Finish());
  EXPECT_EQ(recorder.events, "[ n:12 ]");
}

TEST(JsonStreamTest, OffsetIsWhereTheErrorIs) {
  Recorder recorder;
  JsonStream stream(recorder);
  ASSERT_TRUE(stream.Feed("[{},"));
  ASSERT_TRUE(stream.Feed("{}"));
  EXPECT_EQ(stream.Offset(), 6u);
  ASSERT_FALSE(stream.Feed("\n{}]"));
  EXPECT_EQ(stream.Offset(), 7u);
}

TEST(JsonReaderTest, ErrorsNameTheByte) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "there is nothing, expected JSON"},
      {"  ", "the JSON ends in the middle, at byte 2"},
      {R"({"a": [1, 2)", "the JSON ends in the middle, at byte 11"},
      {R"({"a": "unfin)", "the JSON ends in the middle, at byte 12"},
      {R"("a\)", "the JSON ends in the middle, at byte 3"},
      {R"("a\u12)", "the JSON ends in the middle, at byte 6"},
      {"tru", "the JSON ends in the middle, at byte 3"},
      {"{} x", "not JSON at byte 3: found 'x', expected nothing after the end of the JSON"},
      {"{}{}", "not JSON at byte 2: found '{', expected nothing after the end of the JSON"},
      {"<html>", "not JSON at byte 0: found '<', expected a value"},
      {"[1,]", "not JSON at byte 3: found ']', expected a value"},
      {"[1 2]", "not JSON at byte 3: found '2', expected a comma or ]"},
      {R"({"a":1 "b"})", "not JSON at byte 7: found '\"', expected a comma or }"},
      {R"({"a":1,})", "not JSON at byte 7: found '}', expected a key"},
      {"{1:2}", "not JSON at byte 1: found '1', expected a key or }"},
      {R"({"a" 1})", "not JSON at byte 5: found '1', expected a colon"},
      {"[}", "not JSON at byte 1: found '}', expected a value"},
      {"{]", "not JSON at byte 1: found ']', expected a key or }"},
      {"[01]", "not JSON at byte 2: found '1', expected a comma or ]"},
      {"[1.]", "not JSON at byte 3: found ']', expected a digit"},
      {"[.5]", "not JSON at byte 1: found '.', expected a value"},
      {"[+5]", "not JSON at byte 1: found '+', expected a value"},
      {"[-]", "not JSON at byte 2: found ']', expected a digit"},
      {"[1e]", "not JSON at byte 3: found ']', expected a digit"},
      {"nul]", "not JSON at byte 3: found ']', expected null"},
      {"[NaM]", "not JSON at byte 3: found 'M', expected NaN"},
      {"[-NaM]", "not JSON at byte 4: found 'M', expected NaN"},
      {"[Infi]", "not JSON at byte 5: found ']', expected Infinity"},
      {"[In]", "not JSON at byte 3: found ']', expected Infinity"},
      {"-", "the JSON ends in the middle, at byte 1"},
      {"1.", "the JSON ends in the middle, at byte 2"},
      {R"("\x41")", "not JSON at byte 2: found 'x', expected one of \"\\/bfnrtu after a backslash"},
      {R"("\u00g0")", "not JSON at byte 5: found 'g', expected four hexadecimal digits after \\u"},
      {"[\xFF]", "not JSON at byte 1: found byte 0xFF, expected a value"},
      {std::string_view("[1]\0", 4),
       "not JSON at byte 3: found byte 0x00, expected nothing after the end of the JSON"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_EQ(Events(text), "bad_json: " + std::string(message)) << text;
}

TEST(JsonReaderTest, HandlerEndsTheReading) {
  const std::string_view text = R"({"a":[1,{"b":null}]})";
  int events = 1;
  while (true) {
    Recorder recorder;
    recorder.events_left = events;
    const Result<void> read = ReadJson(text, recorder);
    if (read) break;
    ASSERT_EQ(Name(read.error().code), "cancelled");
    ASSERT_EQ(recorder.events_left, 0) << "told more after it was ended";
    ++events;
  }
  EXPECT_EQ(events, 11) << "ten events, each of which can end it";
}

TEST(JsonReaderTest, EveryTruncationFails) {
  const std::string_view text = R"({"a":[1.5e3,"x\u00e9\ud83d\ude00",true],"b":null})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(Events(text.substr(0, length)).substr(0, 9), "bad_json:") << length;
  }
}

TEST(JsonReaderTest, LooksLikeJson) {
  for (const std::string_view json :
       {"{", " \n[", "\xEF\xBB\xBF{}", "\"x\"", "-1", "7", "null", "true", "NaN"}) {
    EXPECT_TRUE(LooksLikeJson(json)) << json;
  }
  for (const std::string_view other : {"", "  ", "<html>", "not found", "OK", "\x1F\x8B", "\xEF\xBB\xBF"}) {
    EXPECT_FALSE(LooksLikeJson(other)) << other;
  }
  EXPECT_FALSE(LooksLikeJson(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace o2o

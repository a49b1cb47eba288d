// SPDX-License-Identifier: Apache-2.0
// Our reader against RapidJSON's: over many damaged texts both accept the same ones, and report the same of
// them.
#include <gtest/gtest.h>
#include <rapidjson/reader.h>

#include <random>

#include "json/json_stream.h"

namespace o2o {
namespace {

class OurEvents final : public JsonHandler {
 public:
  bool Scalar(JsonType type, std::string_view text, JsonRange) override {
    events += type == JsonType::kString ? "s:" : "v:";
    return Add(text);
  }
  bool Key(std::string_view key) override {
    events += "k:";
    return Add(key);
  }
  bool Open(JsonType type, std::size_t) override { return Add(type == JsonType::kObject ? "{" : "["); }
  bool Close(JsonType type, std::size_t) override { return Add(type == JsonType::kObject ? "}" : "]"); }

  std::string events;

 private:
  bool Add(std::string_view text) {
    events.append(text).push_back('\n');
    return true;
  }
};

struct TheirEvents : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, TheirEvents> {
  bool Null() { return Add("v:", "null"); }
  bool Bool(bool value) { return Add("v:", value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return Add("v:", {text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return Add("s:", {text, length}); }
  bool Key(const char* text, rapidjson::SizeType length, bool) { return Add("k:", {text, length}); }
  bool StartObject() { return Add("", "{"); }
  bool EndObject(rapidjson::SizeType) { return Add("", "}"); }
  bool StartArray() { return Add("", "["); }
  bool EndArray(rapidjson::SizeType) { return Add("", "]"); }
  bool Add(std::string_view kind, std::string_view text) {
    events.append(kind).append(text).push_back('\n');
    return true;
  }
  std::string events;
};

// What RapidJSON refuses and we take on purpose.
bool IsKnownDifference(rapidjson::ParseErrorCode code, std::string_view text, std::size_t offset) {
  switch (code) {
    case rapidjson::kParseErrorNumberTooBig:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return true;
    case rapidjson::kParseErrorStringEscapeInvalid:  // a raw control character
      return offset < text.size() && static_cast<unsigned char>(text[offset]) < 0x20;
    default: return false;
  }
}

std::string Damage(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes = "{}[]\",:\\0123456789.eE+-tfnuINaxd \n\x01\xC3\xFF";
  const int times = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < times && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0: text[at] = kBytes[random() % kBytes.size()]; break;
      case 1: text.insert(at, 1, kBytes[random() % kBytes.size()]); break;
      case 2: text.erase(at, 1 + random() % 3); break;
      default: text.resize(at); break;
    }
  }
  return text;
}

Result<void> ReadCut(std::string_view text, std::size_t cut, JsonHandler& handler) {
  JsonStream stream(handler);
  if (Result<void> fed = stream.Feed(text.substr(0, cut)); !fed) return fed;
  if (Result<void> fed = stream.Feed(text.substr(cut)); !fed) return fed;
  return stream.Finish();
}

TEST(JsonOracleTest, AgreesWithRapidJson) {
  const std::string good =
      R"( {"a":[0,-1.5e+3,true,false,null,""],"é":{"b\n\u00e9":"x\ud83d\ude00y","c":[]},"d":NaN,"e":-Infinity,"n":12345678901234567890123} )";
  std::mt19937 random(20261120);
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = i == 0 ? good : Damage(good, random);
    // RapidJSON 1.1.0 takes NInf and NaInf for Inf.
    if (text.find("NI") != std::string::npos || text.find("NaI") != std::string::npos) continue;
    OurEvents ours;
    const Result<void> read = ReadCut(text, random() % (text.size() + 1), ours);
    TheirEvents theirs;
    rapidjson::Reader reader;
    rapidjson::StringStream stream(text.c_str());
    constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseNanAndInfFlag;
    const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, theirs);
    if (parsed.IsError() && IsKnownDifference(parsed.Code(), text, parsed.Offset())) continue;
    ASSERT_EQ(read.has_value(), !parsed.IsError()) << text << "\n" << (read ? "taken" : read.error().message);
    // RapidJSON lets the lone second half of a surrogate pair pass, as bytes that are not UTF-8.
    if (!read || theirs.events.find('\xED') != std::string::npos) continue;
    ASSERT_EQ(ours.events, theirs.events) << text;
    ++taken;
  }
  EXPECT_GT(taken, 1'000) << "too few texts stayed whole for a comparison";
}

}  // namespace
}  // namespace o2o

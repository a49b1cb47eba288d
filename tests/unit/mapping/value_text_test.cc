// SPDX-License-Identifier: Apache-2.0
#include "mapping/value_text.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

std::string Read(JsonType type, std::string_view text, const ValueForm& form) {
  ValueText value;
  switch (value.Read(type, text, form)) {
    case ValueText::Outcome::kNumber: return std::string(value.number());
    case ValueText::Outcome::kNoValue: return "no value";
    case ValueText::Outcome::kBad: return "bad";
  }
  return "";
}
std::string Read(JsonType type, std::string_view text, ValueUnit unit = ValueUnit::kNumber) {
  ValueForm form;
  form.unit = unit;
  return Read(type, text, form);
}
std::string Number(std::string_view text) { return Read(JsonType::kNumber, text); }
std::string String(std::string_view text) { return Read(JsonType::kString, text); }
std::string Bytes(std::string_view text) { return Read(JsonType::kString, text, ValueUnit::kBytes); }
std::string Time(std::string_view text) { return Read(JsonType::kString, text, ValueUnit::kTime); }
std::string Comma(std::string_view text) {
  ValueForm form;
  form.decimal = DecimalMark::kComma;
  return Read(JsonType::kString, text, form);
}

TEST(ValueTextTest, NumbersStayAsTheyAre) {
  for (const std::string_view number : {"0", "-0", "12.50", "18446744073709551616", "9007199254740993", "1e3",
                                        "1E-7", "4.9e-324", "1e-999", "1.7976931348623157e308", "0e999"}) {
    EXPECT_EQ(Number(number), number);
  }
  const std::string longest(255, '9');
  EXPECT_EQ(Number(longest), longest);
}

TEST(ValueTextTest, WhatNoSampleCanHoldIsBad) {
  for (const std::string_view number : {"1e309", "-1e309", "1e99999999999", "Infinity", "-Infinity", "Inf"}) {
    EXPECT_EQ(Number(number), "bad") << number;
  }
  EXPECT_EQ(Number(std::string(256, '9')), "bad");
}

TEST(ValueTextTest, AbsenceIsNotAValue) {
  EXPECT_EQ(Read(JsonType::kNull, "null"), "no value");
  EXPECT_EQ(Number("NaN"), "no value");
  EXPECT_EQ(Number("-NaN"), "no value");
  for (const std::string_view text : {"", " \t\r\n", "NaN", "nan", " NaN ", "-nan"}) {
    EXPECT_EQ(String(text), "no value") << text;
  }
  EXPECT_EQ(Bytes(""), "no value");
  EXPECT_EQ(Time(" "), "no value");
}

TEST(ValueTextTest, BooleansAreOneAndZero) {
  EXPECT_EQ(Read(JsonType::kBool, "true"), "1");
  EXPECT_EQ(Read(JsonType::kBool, "false"), "0");
  EXPECT_EQ(String("true"), "1");
  EXPECT_EQ(String(" False "), "0");
  EXPECT_EQ(Read(JsonType::kBool, "true", ValueUnit::kBytes), "bad");
  EXPECT_EQ(Read(JsonType::kBool, "true", ValueUnit::kTime), "bad");
}

TEST(ValueTextTest, NumbersInStrings) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"7", "7"},
      {" 12.50 ", "12.50"},
      {"+7", "7"},
      {"-7", "-7"},
      {"007", "7"},
      {"-00.5", "-0.5"},
      {".5", "0.5"},
      {"1,234.50", "1234.50"},
      {"1,234", "1234"},
      {"-1,234,567", "-1234567"},
      {"12,345,678.9", "12345678.9"},
      {"1e3", "1e3"},
      {"1.5E+3", "1.5e+3"},
      {"12345678901234567890", "12345678901234567890"},
      {"0", "0"},
      {"000", "0"},
      {"1 234", "1234"},
      {"1 234 567.5", "1234567.5"},
      {"1'234'567", "1234567"},
      {"1\xC2\xA0"
       "234.5",
       "1234.5"},
      {"-12\xE2\x80\xAF"
       "345",
       "-12345"},
  };
  for (const auto& [text, number] : cases) EXPECT_EQ(String(text), number) << text;
}

TEST(ValueTextTest, OtherStringsAreBad) {
  for (const std::string_view text :
       {"many",     "1,23",    "12,34",      "1,2345",    "1234,567", ",123",         "0,123",
        "1,234,56", "1,,234",  "1,234e5",    "1.234,50",  "5.",       "1.",           ".",
        "-",        "+",       "--1",        "1 2",       "1_000",    "0x1F",         "1e",
        "1e+",      "$5",      "5 EUR",      "Infinity",  "inf",      "\xEF\xBC\x91", "12%%",
        "%",        "1000 MB", "2026-11-20", "1,234.5,6", "yes",      "null",         "- 5",
        "1 23",     "1 2345",  "1,234 567",  "1 234,567", "0 123",    "1  234"}) {
    EXPECT_EQ(String(text), "bad") << text;
  }
  EXPECT_EQ(String(std::string("1\0", 2)), "bad");
  EXPECT_EQ(String(std::string(300, '1')), "bad");
  EXPECT_EQ(String("1e309"), "bad");
}

TEST(ValueTextTest, ACommaMayBeTheDecimalMark) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"12,5", "12.5"},
      {"12,500", "12.500"},
      {"1.234", "1234"},
      {"1.234.567,50", "1234567.50"},
      {"1 234,5", "1234.5"},
      {"-0,25", "-0.25"},
      {",5", "0.5"},
      {"7", "7"},
      {"1'234,5", "1234.5"},
      {"1\xC2\xA0"
       "234,5",
       "1234.5"},
      {"1,5e3", "1.5e3"},
  };
  for (const auto& [text, number] : cases) EXPECT_EQ(Comma(text), number) << text;
  EXPECT_EQ(Comma("12,5%"), "0.125");
  for (const std::string_view text : {"12.5", "1,234.5", "1.23", "1,2,3", "1,", "0.123"}) {
    EXPECT_EQ(Comma(text), "bad") << text;
  }
  ValueForm bytes{ValueUnit::kBytes, DecimalMark::kComma};
  EXPECT_EQ(Read(JsonType::kString, "1,5 GiB", bytes), "1610612736");
  EXPECT_EQ(Read(JsonType::kNumber, "1.234", bytes), "1.234") << "JSON's own numbers have a point";
}

TEST(ValueTextTest, PercentIsARatio) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"12%", "0.12"},      {"12 %", "0.12"},   {"5%", "0.05"},
      {"0.5%", "0.005"},    {"100%", "1"},      {"0%", "0"},
      {"-5%", "-0.05"},     {"1,250%", "12.5"}, {"12.50%", "0.1250"},
      {"60.58%", "0.6058"}, {"110%", "1.1"},    {"12345678901234567890.1%", "123456789012345678.901"},
  };
  for (const auto& [text, number] : cases) EXPECT_EQ(String(text), number) << text;
  EXPECT_EQ(String("1e3%"), "bad");
}

TEST(ValueTextTest, SizesAreBytes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"1000 MB", "1000000000"},
      {"1 MiB", "1048576"},
      {"1MiB", "1048576"},
      {"1.5 GiB", "1610612736"},
      {"0.1 KiB", "102.4"},
      {"16 kB", "16000"},
      {"16 KB", "16000"},
      {"7", "7"},
      {"7 B", "7"},
      {"8192 bytes", "8192"},
      {"1 byte", "1"},
      {"1,000 mb", "1000000000"},
      {"2TB", "2000000000000"},
      {"1 PiB", "1125899906842624"},
      {"1 EB", "1000000000000000000"},
      {"1EB", "1000000000000000000"},
      {"1 EiB", "1152921504606846976"},
      {"1e3 kB", "1000000"},
      {"-5 MB", "-5000000"},
      {"999999999999999999 EB", "999999999999999999000000000000000000"},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(Bytes(text), bytes) << text;
  EXPECT_EQ(Read(JsonType::kNumber, "1000", ValueUnit::kBytes), "1000");
  EXPECT_EQ(std::stod(Bytes("1234567890123456789 KB")), 1234567890123456789e3)
      << "more digits than are exact";
  for (const std::string_view text : {"MB", "1 M", "1 Mbit", "1 XB", "1 MBs", "12%", "1 MB 2", "true"}) {
    EXPECT_EQ(Bytes(text), "bad") << text;
  }
}

TEST(ValueTextTest, TimesAreEpochSeconds) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"2026-11-20T10:00:00Z", "1795168800"},
      {"2026-11-20T17:00:00+07:00", "1795168800"},
      {"2026-11-20T10:00:00.5Z", "1795168800.5"},
      {"2026-11-20T10:00:00.123456Z", "1795168800.123456"},
      {"2026-11-20 10:00:00", "1795168800"},
      {"2026-11-20", "1795132800"},
      {"1795168800", "1795168800"},
      {"1795168800123", "1795168800.123"},
      {"1970-01-01T00:00:00Z", "0"},
      {"1969-12-31T23:59:59Z", "-1"},
      {"9999-12-31T23:59:59Z", "253402300799"},
      {"0001-01-01T00:00:00Z", "-62135596800"},
      {"20261120", "1795132800"},
      {"202611201000", "1795168800"},
      {"1795168800123456", "1795168800.123456"},
      {"February 19, 2024, 12:00 AM", "1708300800"},
  };
  for (const auto& [text, seconds] : cases) EXPECT_EQ(Time(text), seconds) << text;
  EXPECT_EQ(Read(JsonType::kNumber, "1795168800.5", ValueUnit::kTime), "1795168800.5");
  EXPECT_EQ(Read(JsonType::kNumber, "1.7951688E9", ValueUnit::kTime), "1795168800");
  for (const std::string_view text : {"yesterday", "10:00", "2026-13-01", "-5", "20/11/2026", "46346"}) {
    EXPECT_EQ(Time(text), "bad") << text;
  }
  EXPECT_EQ(Read(JsonType::kNumber, "20261120", ValueUnit::kTime), "1795132800");
  EXPECT_EQ(Read(JsonType::kNumber, "1e999", ValueUnit::kTime), "bad");
  EXPECT_EQ(Time("0000-00-00 00:00:00"), "no value") << "MySQL's way to say so";
}

TEST(ValueTextTest, TimesWithoutAZoneAreOfTheColumns) {
  ValueForm form;
  form.unit = ValueUnit::kTime;
  form.timezone = TimeZone::Find("Asia/Ho_Chi_Minh").value();
  EXPECT_EQ(Read(JsonType::kString, "2026-11-20T10:00:00", form), "1795143600");
  EXPECT_EQ(Read(JsonType::kString, "2026-11-20T10:00:00Z", form), "1795168800");
  // The hour that happens twice in Berlin on 25 October 2026.
  form.timezone = TimeZone::Find("Europe/Berlin").value();
  form.now = Timestamp(std::chrono::seconds(1'792'889'100));  // 00:45 UTC
  EXPECT_EQ(Read(JsonType::kString, "2026-10-25 02:30:00", form), "1792888200") << "00:30 UTC";
  form.now = Timestamp(std::chrono::seconds(1'792'892'700));  // an hour later
  EXPECT_EQ(Read(JsonType::kString, "2026-10-25 02:30:00", form), "1792891800");
  ValueText value;
  value.Read(JsonType::kString, "2026-11-20T10:00:00", form);
  EXPECT_TRUE(value.zone_assumed());
  value.Read(JsonType::kString, "2026-11-20T10:00:00Z", form);
  EXPECT_FALSE(value.zone_assumed());
}

TEST(ValueTextTest, ContainersAreBad) {
  EXPECT_EQ(Read(JsonType::kObject, ""), "bad");
  EXPECT_EQ(Read(JsonType::kArray, ""), "bad");
}

}  // namespace
}  // namespace o2o

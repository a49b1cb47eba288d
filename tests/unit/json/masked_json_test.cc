// SPDX-License-Identifier: Apache-2.0
#include "json/masked_json.h"

#include <gtest/gtest.h>

#include "base/secret.h"
#include "json/json_fields.h"

namespace o2o {
namespace {

TEST(MaskedJsonTest, StringsAndKeysAreMaskedByWhatTheySay) {
  const Secret secret("p\"ss\\word\xC3\xB6");
  EXPECT_EQ(MaskJson(R"({"a":"x p\"ss\\wordö y","p\"ss\\word\u00f6":[1,null,"p%22ss%5Cword%C3%B6"]})",
                     JsonKeys::kMasked),
            R"({"a":"x <secret> y","<secret>":[1,null,"<secret>"]})");
}

TEST(MaskedJsonTest, WhatIsEscapedTwiceIsMaskedToo) {
  const Secret secret("p\"ssword");
  EXPECT_EQ(MaskJson(R"(["{\"k\":\"p\\\"ssword\"}"])", JsonKeys::kMasked), R"(["{\"k\":\"<secret>\"}"])");
}

// A quote or a bracket of the JSON is never part of one, and the end of a string ends a text.
TEST(MaskedJsonTest, ItStaysJson) {
  const Secret ends_in_backslash("password\\");
  EXPECT_EQ(MaskJson(R"(["password\\","password\""])", JsonKeys::kMasked), R"(["<secret>","password\""])");
  const Secret spans("one\",\"two");
  EXPECT_EQ(MaskJson(R"(["one","two"])", JsonKeys::kMasked), R"(["one","two"])");
  const Secret half("abcdefghijklmnopqrst");
  EXPECT_EQ(MaskJson(R"(["abcdefghijkl","b"])", JsonKeys::kMasked), R"(["<secret>","b"])");
}

TEST(MaskedJsonTest, ANumberThatIsASecretBecomesAString) {
  const Secret secret("4815162342");
  EXPECT_EQ(MaskJson(R"({"n":4815162342,"m":-481,"k":[4815162342]})", JsonKeys::kMasked),
            R"({"n":"<secret>","m":-481,"k":["<secret>"]})");
  const Secret pin("2026");
  EXPECT_EQ(MaskJson(R"({"year":2026,"text":"in 2026","big":20261})", JsonKeys::kMasked),
            R"({"year":"<secret>","text":"in <secret>","big":20261})");
}

TEST(MaskedJsonTest, WordsOfJsonAndOurOwnKeysStay) {
  const Secret word("true");
  const Secret key("total");
  EXPECT_EQ(MaskJson(R"({"total":true,"a":"total true"})", JsonKeys::kOurs),
            R"({"total":true,"a":"<secret> <secret>"})");
}

TEST(MaskedJsonTest, WithoutSecretsNothingChanges) {
  const Secret secret("hunter2secret");
  for (const char* json : {"", "{}", R"({"a\u0000\n":[1.5e-3,"\\",false]})", "\"", "\"\\"})
    EXPECT_EQ(MaskJson(json, JsonKeys::kMasked), json);
}

}  // namespace
}  // namespace o2o

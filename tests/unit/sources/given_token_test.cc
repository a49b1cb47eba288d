// SPDX-License-Identifier: Apache-2.0
#include "sources/given_token.h"

#include <gtest/gtest.h>

#include "base/redaction.h"

namespace o2o {
namespace {

using redaction::Mask;

TEST(GivenTokenTest, WhatServersGiveIsMasked) {
  for (const char* text : {"0ab7f53e-8f04-4ec9-a3a5-a4bd1b1a2a2f", "9f86d081884c7d659a2feaa0c55ad015",
                           "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvMm8ifQ.c2lnbmF0dXJl",
                           "gho_16C7e42F292c6912E7710c", "abcdefghijklmnopqrstuvwxyz+abcdefghijklmn"}) {
    const Secret token = GivenToken(text);
    EXPECT_EQ(token.Reveal(), text);
    EXPECT_EQ(Mask("said: " + std::string(text)), "said: <secret>");
  }
}

// An upstream that lies must not have other sources' words masked.
TEST(GivenTokenTest, WordsAreNot) {
  for (const char* text : {"COMPLETED", "OUT_FOR_DELIVERY", "DELIVERING1234567890", "orders", "12345678",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa://a:COMPLETED@b",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa password=COMPLETED"}) {
    const Secret token = GivenToken(text);
    EXPECT_EQ(token.Reveal(), text) << "it travels all the same";
    for (const std::string& said :
         {std::string(text), std::string("COMPLETED"), std::string("OUT_FOR_DELIVERY"),
          std::string("DELIVERING"), std::string("source=orders")}) {
      EXPECT_EQ(Mask(said), said);
    }
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include <gtest/gtest.h>

#include <map>

namespace o2o {
namespace {

std::string Expanded(std::string_view text) {
  const std::map<std::string, std::string> variables = {{"A", "1"},
                                                        {"B_2", "two"},
                                                        {"EMPTY", ""},
                                                        {"ODD", "${A} $$ }"},
                                                        {"BAD", "x\xFF"},
                                                        {"LINES", "x\ny"},
                                                        {"LONG", std::string(60'000, 'x')}};
  const auto result = Expand(text, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
  if (result) return *result;
  return (result.error().missing_variable ? "missing: " : "malformed: ") + result.error().problem;
}

TEST(EnvironmentTest, ExpandsVariables) {
  EXPECT_EQ(Expanded(""), "");
  EXPECT_EQ(Expanded("plain"), "plain");
  EXPECT_EQ(Expanded("${A}"), "1");
  EXPECT_EQ(Expanded("a${A}b${B_2}c"), "a1btwoc");
  EXPECT_EQ(Expanded("${NONE:-}"), "");
  EXPECT_EQ(Expanded("${NONE:-x y:-z}"), "x y:-z");
  EXPECT_EQ(Expanded("${EMPTY:-x}"), "x");
  EXPECT_EQ(Expanded("${A:-x}"), "1");
  EXPECT_EQ(Expanded("$$"), "$");
  EXPECT_EQ(Expanded("$${A}"), "${A}");
  EXPECT_EQ(Expanded("$$$$${A}}"), "$$1}");
  EXPECT_EQ(Expanded("${ODD}"), "${A} $$ }");
}

TEST(EnvironmentTest, DollarBeforeAnythingElseStays) {
  for (const char* text : {"$", "$key", "a$", "$ ", "$A", "../$key", "$1", "$}"})
    EXPECT_EQ(Expanded(text), text);
  EXPECT_EQ(Expanded("$$$"), "$$");
  EXPECT_EQ(Expanded("$$key"), "$key");
  EXPECT_EQ(Expanded("$key${A}$"), "$key1$");
}

TEST(EnvironmentTest, BareVariablesAreNoticed) {
  for (const char* text : {"$A", "x$A", "$_A", "$$$A", "${A}$B", "$1 $B"})
    EXPECT_TRUE(HoldsBareVariable(text)) << text;
  for (const char* text : {"", "A", "$", "$key", "$$A", "${A}", "$$$$A", "$1"}) {
    EXPECT_FALSE(HoldsBareVariable(text)) << text;
  }
}

TEST(EnvironmentTest, MissingVariablesAreNamed) {
  EXPECT_EQ(Expanded("${NONE}"), "missing: NONE is not set");
  EXPECT_EQ(Expanded("x${EMPTY}"), "missing: EMPTY is empty");
}

TEST(EnvironmentTest, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"${", "${}", "${A", "${1}", "${A-x}", "${A:?x}", "${A:+x}", "${ A }", "${:-x}",
                           "${A:-${B_2}}", "$$${", "${BAD}", "${LINES}", "${LONG}${LONG}"}) {
    EXPECT_TRUE(Expanded(text).starts_with("malformed: ")) << text << " " << Expanded(text);
  }
  EXPECT_EQ(Expanded("${LINES}"),
            "malformed: the value of LINES holds a line break or another control character, remove it");
}

TEST(EnvironmentTest, ReadsTheProcess) {
  ::setenv("O2O_ENVIRONMENT_TEST", "here", 1);
  EXPECT_EQ(ProcessEnvironment()("O2O_ENVIRONMENT_TEST"), "here");
  ::unsetenv("O2O_ENVIRONMENT_TEST");
  EXPECT_EQ(ProcessEnvironment()("O2O_ENVIRONMENT_TEST"), std::nullopt);
}

}  // namespace
}  // namespace o2o

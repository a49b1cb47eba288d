// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/access.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

MetabaseSourceConfig ByPassword() {
  MetabaseSourceConfig config;
  config.url = "http://mb.example";
  config.username = "u";
  config.password = Secret("p");
  config.question = 7163;
  return config;
}

TEST(MetabaseAccessTest, QuestionsOfOneMetabaseShareASession) {
  const SystemClock clock;
  MetabaseAccess access(clock);
  MetabaseSourceConfig other = ByPassword();
  other.question = 7179;
  other.parameters = "[]";
  MetabaseSession* const session = access.ShareOf(ByPassword()).session;
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(access.ShareOf(other).session, session);
  EXPECT_EQ(access.ShareOf(ByPassword()).session, session) << "of a reload";
}

TEST(MetabaseAccessTest, AnotherUserOrWayIsAnotherSession) {
  const SystemClock clock;
  MetabaseAccess access(clock);
  MetabaseSession* const session = access.ShareOf(ByPassword()).session;
  const auto differs = [&](const auto& change) {
    MetabaseSourceConfig config = ByPassword();
    change(config);
    return access.ShareOf(config).session != session;
  };
  EXPECT_TRUE(differs([](auto& config) { config.url += "/bi"; }));
  EXPECT_TRUE(differs([](auto& config) { config.username = "v"; }));
  EXPECT_TRUE(differs([](auto& config) { config.password = Secret("q"); }));
  EXPECT_TRUE(differs([](auto& config) { config.tls.ca_file = "ca.pem"; }));
  EXPECT_TRUE(differs([](auto& config) { config.tls.insecure_skip_verify = true; }));
  EXPECT_TRUE(differs([](auto& config) { config.proxy.url = "http://proxy.example"; }));
  EXPECT_TRUE(differs([](auto& config) { config.proxy.password = Secret("q"); }));
  EXPECT_TRUE(differs([](auto& config) { config.headers = {{"CF-Access-Client-Id", Secret("i")}}; }));
}

TEST(MetabaseAccessTest, AllWhoAskOneMetabaseTakeTurns) {
  const SystemClock clock;
  MetabaseAccess access(clock);
  MetabaseSourceConfig other = ByPassword();
  other.username = "v";
  other.question = 7179;
  MetabaseSourceConfig keyed = ByPassword();
  keyed.api_key = Secret("mb_key");
  const MetabaseShare share = access.ShareOf(ByPassword());
  for (const MetabaseSourceConfig& config : {other, keyed}) {
    EXPECT_EQ(&access.ShareOf(config).turns, &share.turns);
    EXPECT_EQ(&access.ShareOf(config).version, &share.version);
  }
  other.url = "http://mb2.example";
  EXPECT_NE(&access.ShareOf(other).turns, &share.turns);
}

// Refused logins at one host: how many there are when many passwords of one user come one after another.
TEST(MetabaseAccessTest, PasswordsOfOneUserShareTheBudgetOfTheHost) {
  const SystemClock clock;
  MetabaseAccess access(clock);
  const auto budget_of = [&](const std::string& url, const std::string& user) {
    MetabaseSourceConfig config = ByPassword();
    config.url = url;
    config.username = user;
    return &access.BudgetOf(config);
  };
  LoginBudget* const budget = budget_of("http://mb.example", "u");
  for (const char* url : {"http://mb.example/bi", "https://MB.example", "http://mb.example:3000"})
    EXPECT_EQ(budget_of(url, "v"), budget) << url;
  EXPECT_NE(budget_of("http://mb2.example", "u"), budget);
  EXPECT_NE(budget_of("http://[::1]:3000", "u"), budget_of("http://[::2]:3000", "u"));
}

TEST(MetabaseAccessTest, ApiKeyNeedsNone) {
  const SystemClock clock;
  MetabaseAccess access(clock);
  MetabaseSourceConfig config = ByPassword();
  config.api_key = Secret("mb_key");
  EXPECT_EQ(access.ShareOf(config).session, nullptr);
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_sessions.h"

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

TEST(MetabaseSessionsTest, QuestionsOfOneMetabaseShareASession) {
  const SystemClock clock;
  MetabaseSessions sessions(clock);
  MetabaseSourceConfig other = ByPassword();
  other.question = 7179;
  other.parameters = "[]";
  MetabaseSession* const session = sessions.For(ByPassword());
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(sessions.For(other), session);
  EXPECT_EQ(sessions.For(ByPassword()), session) << "of a reload";
}

TEST(MetabaseSessionsTest, AnotherUserOrWayIsAnotherSession) {
  const SystemClock clock;
  MetabaseSessions sessions(clock);
  MetabaseSession* const session = sessions.For(ByPassword());
  const auto differs = [&](const auto& change) {
    MetabaseSourceConfig config = ByPassword();
    change(config);
    return sessions.For(config) != session;
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

TEST(MetabaseSessionsTest, AllWhoAskOneMetabaseTakeTurns) {
  const SystemClock clock;
  MetabaseSessions sessions(clock);
  MetabaseSourceConfig other = ByPassword();
  other.username = "v";
  other.question = 7179;
  MetabaseSourceConfig keyed = ByPassword();
  keyed.api_key = Secret("mb_key");
  MetabaseServer& server = sessions.ServerOf(ByPassword());
  EXPECT_EQ(&sessions.ServerOf(other), &server);
  EXPECT_EQ(&sessions.ServerOf(keyed), &server);
  other.url = "http://mb2.example";
  EXPECT_NE(&sessions.ServerOf(other), &server);
}

// Refused logins at one host: how many there are when many passwords of one user come one after another.
TEST(MetabaseSessionsTest, PasswordsOfOneUserShareTheBudgetOfTheHost) {
  const SystemClock clock;
  MetabaseSessions sessions(clock);
  const auto budget_of = [&](const std::string& url, const std::string& user) {
    MetabaseSourceConfig config = ByPassword();
    config.url = url;
    config.username = user;
    return sessions.BudgetOf(config);
  };
  LoginBudget* const budget = budget_of("http://mb.example", "u");
  for (const char* url : {"http://mb.example/bi", "https://MB.example", "http://mb.example:3000"})
    EXPECT_EQ(budget_of(url, "v"), budget) << url;
  EXPECT_NE(budget_of("http://mb2.example", "u"), budget);
  EXPECT_NE(budget_of("http://[::1]:3000", "u"), budget_of("http://[::2]:3000", "u"));
}

TEST(MetabaseSessionsTest, ApiKeyNeedsNone) {
  const SystemClock clock;
  MetabaseSessions sessions(clock);
  MetabaseSourceConfig config = ByPassword();
  config.api_key = Secret("mb_key");
  EXPECT_EQ(sessions.For(config), nullptr);
}

}  // namespace
}  // namespace o2o

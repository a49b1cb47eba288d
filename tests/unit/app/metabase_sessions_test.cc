// SPDX-License-Identifier: Apache-2.0
#include "app/metabase_sessions.h"

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
  EXPECT_TRUE(differs([](auto& config) { config.proxy_url = "http://proxy.example"; }));
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

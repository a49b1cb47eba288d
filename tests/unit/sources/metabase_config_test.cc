// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase_config.h"

#include <gtest/gtest.h>

#include "unit/config/loading.h"

namespace o2o {
namespace {

std::string WithCredentials(const std::string& credentials) {
  return "sources:\n  - name: vendors\n    metabase: {url: http://metabase.test, question: 1, " +
         credentials + "}\n    metrics: [{name: vendor_online, help: Online., value: Status}]\n";
}

TEST(MetabaseConfigTest, EveryKeyIsRead) {
  const Config config = Load(ReadFixture("good-sources.yml"), {{"CITY", "Hanoi"}, {"TENANT", "t"}});
  const SourceConfig& source = SourceNamed(config, "vendors");
  EXPECT_EQ(source.interval, Millis(180'000));
  EXPECT_EQ(source.timeout, Millis(60'000));
  EXPECT_EQ(source.stale_after, Millis(540'000));
  const auto& metabase = Block<MetabaseSourceConfig>(config, "vendors");
  EXPECT_EQ(metabase.url, "https://metabase.test/sub");
  EXPECT_EQ(metabase.username, "exporter");
  EXPECT_EQ(metabase.password.Current(), Secret("host=db password=from-a-file"));
  EXPECT_TRUE(metabase.api_key.empty());
  EXPECT_EQ(metabase.question, 7163);
  EXPECT_EQ(metabase.parameters,
            R"([{"type":"category","target":["variable",["template-tag","city"]],"value":"Hanoi"},)"
            R"({"type":"number","value":[1,-2.5e3,"007","4",true,null,null,"a\"b"]}])");
  EXPECT_EQ(metabase.max_body_bytes, 10u << 20);
  EXPECT_EQ(metabase.tls.ca_file, kData + "/secret.txt");
  EXPECT_EQ(metabase.tls.client_cert_file, kData + "/secret.txt");
  EXPECT_EQ(metabase.tls.client_key_file, kData + "/secret.txt");
  EXPECT_TRUE(metabase.tls.insecure_skip_verify);
  EXPECT_EQ(metabase.proxy_url, "http://proxy.test:3128");
  EXPECT_FALSE(config.store);
}

TEST(MetabaseConfigTest, ApiKeyIsUsedAloneAndThatIsSaid) {
  for (const char* also : {"username: u, password: p", "username: u", "password: p"}) {
    const Config config = Load(WithCredentials(std::string(also) + ", api_key: k"));
    const auto& metabase = Block<MetabaseSourceConfig>(config, "vendors");
    EXPECT_EQ(metabase.username, "");
    EXPECT_EQ(metabase.password.Current(), Secret());
    EXPECT_EQ(metabase.api_key, Secret("k"));
    ASSERT_EQ(config.warnings.size(), 1u) << also;
    EXPECT_TRUE(
        config.warnings[0].ends_with(": sources[0].metabase.api_key: given beside username or password: the "
                                     "API key is used, remove the others"))
        << config.warnings[0];
  }
}

}  // namespace
}  // namespace o2o

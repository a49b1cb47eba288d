// SPDX-License-Identifier: Apache-2.0
#include "sources/metabase/config.h"

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
  EXPECT_EQ(metabase.proxy.url, "http://proxy.test:3128");
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

// Thirty questions of one Metabase, which is named once.
constexpr char kNamed[] = R"(metabases:
  main: {url: http://metabase.test/, username: u, password: p, tls: {insecure_skip_verify: true},
         proxy: http://proxy.test, proxy_auth: {username: x, password: y}, headers: {CF-Access-Client-Id: id}}
  other: {url: http://other.test, api_key: k}
sources:
)";

std::string Question(const std::string& name, const std::string& block, const std::string& more = "") {
  return "  - name: " + name + "\n" + more + "    metabase: {" + block + "}\n    metrics: [{name: m_" + name +
         ", help: H., value: v}]\n";
}

TEST(MetabaseServersTest, SourcesNameTheirServer) {
  const Config config =
      Load(kNamed + Question("a", "server: main, question: 1") + Question("b", "server: main, question: 2") +
           Question("c", "server: other, question: 3") +
           Question("d", "url: http://own.test, api_key: o, question: 4"));
  for (const char* name : {"a", "b"}) {
    const auto& metabase = Block<MetabaseSourceConfig>(config, name);
    EXPECT_EQ(metabase.url, "http://metabase.test");
    EXPECT_EQ(metabase.username, "u");
    EXPECT_EQ(metabase.password, Secret("p"));
    EXPECT_TRUE(metabase.tls.insecure_skip_verify);
    EXPECT_EQ(metabase.proxy.url, "http://proxy.test");
    EXPECT_EQ(metabase.proxy.user, "x");
    EXPECT_EQ(metabase.proxy.password, Secret("y"));
    ASSERT_EQ(metabase.headers.size(), 1u);
    EXPECT_EQ(metabase.headers[0].first, "CF-Access-Client-Id");
  }
  EXPECT_EQ(Block<MetabaseSourceConfig>(config, "b").question, 2);
  EXPECT_EQ(Block<MetabaseSourceConfig>(config, "c").api_key, Secret("k"));
  EXPECT_EQ(Block<MetabaseSourceConfig>(config, "d").url, "http://own.test");
}

TEST(MetabaseServersTest, MistakesAreReportedOnceAndWithTheirPlace) {
  const auto mistakes = [](const std::string& sources) { return Mistakes(kNamed + sources, "f.yml"); };
  EXPECT_EQ(
      mistakes(Question("a", "server: mai, question: 1")),
      std::vector<std::string>{
          "f.yml:7:24: sources[0].metabase.server: \"mai\" is not one of metabases, did you mean main?"});
  EXPECT_EQ(
      mistakes(Question("a", "server: main, api_key: x, question: 1")),
      std::vector<std::string>{"f.yml:7:30: sources[0].metabase.api_key: given beside server, want it where "
                               "the server is named"});
  const std::string broken = "metabases:\n  main: {url: http://m.test, username: u}\nsources:\n";
  EXPECT_EQ(
      Mistakes(
          broken + Question("a", "server: main, question: 1") + Question("b", "server: main, question: 2"),
          "f.yml"),
      std::vector<std::string>{"f.yml:2:3: metabases.main.password: missing, want password or password_file "
                               "beside username"});
}

TEST(MetabaseServersTest, ServerOfSourcesThatAreOffNeedsNoVariables) {
  const Config config =
      Load("metabases:\n  main: {url: '${METABASE_URL}', api_key: '${METABASE_API_KEY}'}\nsources:\n" +
           Question("a", "server: main, question: 1", "    enabled_if: ${METABASE_URL:-}\n") +
           Question("b", "url: http://own.test, api_key: o, question: 4"));
  EXPECT_EQ(config.disabled, std::vector<std::string>{"a"});
  const Config on =
      Load("metabases:\n  main: {url: '${METABASE_URL}', api_key: '${METABASE_API_KEY}'}\nsources:\n" +
               Question("a", "server: main, question: 1", "    enabled_if: ${METABASE_URL:-}\n"),
           {{"METABASE_URL", "http://m.test"}, {"METABASE_API_KEY", "k"}});
  EXPECT_EQ(Block<MetabaseSourceConfig>(on, "a").url, "http://m.test");
}

}  // namespace
}  // namespace o2o

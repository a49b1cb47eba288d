// SPDX-License-Identifier: Apache-2.0
#include "app/probe.h"

#include <gtest/gtest.h>

#include "sources/json_source.h"
#include "unit/http/socket_server.h"

namespace o2o {
namespace {

using namespace std::chrono_literals;

JsonSourceConfig Flags(const std::string& url) {
  JsonSourceConfig json;
  json.url = url;
  MetricConfig metric;
  metric.name = "flag";
  metric.help = "Flag.";
  metric.value_column = "on";
  json.mapping.metrics = {metric};
  return json;
}

Config Unreachable() {
  Config config;
  SourceConfig flags;
  flags.name = "flags";
  flags.timeout = 2s;
  // Nobody listens on the port of tcpmux.
  flags.kind_config = std::make_shared<JsonSourceConfig>(Flags("http://127.0.0.1:1/flags"));
  config.sources = {flags, flags};
  config.sources[1].name = "other";
  return config;
}

TEST(ProbeTest, NamesTheSourcesThatThereAre) {
  const SystemClock clock;
  const ProbeReport report = Probe(Unreachable(), "nope", clock, {});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code, ErrorCode::kConfig);
  EXPECT_EQ(report.error->message, "no enabled source is named nope; there are flags, other");
  EXPECT_EQ(report.text, "");
  EXPECT_EQ(Probe({}, "nope", clock, {}).error->message, "no enabled source is named nope; there is none");
}

TEST(ProbeTest, ShowsWhatWasRepairedAndNothingThatATerminalObeys) {
  const std::string body =
      "[{\"on\":1,\"name\":\"a\\u001b[2J\"},{\"on\":2,\"on\":3,\"name\":\"b\\u007f\\u009b\"},"
      "{\"on\":4,\"name\":\"c\xFF\"},{\"on\":5,\"name\":\"d\"},{\"on\":6,\"name\":\"d\"},"
      "{\"on\":\"\\u001bx\",\"na\\u001bme\":\"e\"}]";
  testing::SocketServer server([&](testing::Peer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
    peer.WaitForEnd();
  });
  Config config = Unreachable();
  JsonSourceConfig json = Flags(server.Url());
  json.mapping.metrics[0].labels = {{"name", "name"}};
  json.mapping.metrics[0].on_duplicate = DuplicatePolicy::kLast;
  config.sources[0].kind_config = std::make_shared<JsonSourceConfig>(json);
  const SystemClock clock;
  const ProbeReport report = Probe(config, "flags", clock, {});
  ASSERT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(report.text.find_first_of("\x1b\x7f"), std::string::npos) << report.text;
  EXPECT_EQ(report.text.find("\xC2\x9b"), std::string::npos) << report.text;
  for (const char* shown :
       {"flag{name=\"a\\x1b[2J\"} 1\n", "flag{name=\"b\\x7f\\x9b\"} 3\n", "flag{name=\"d\"} 6\n",
        "`na\\x1bme`", "Repaired: duplicate_labels 1, duplicate_key 1, text 1\n",
        "Rejected rows: bad_value 1\n"}) {
    EXPECT_NE(report.text.find(shown), std::string::npos) << shown << "\n" << report.text;
  }
}

TEST(ProbeTest, NamesWhatIsOffOrLeftOut) {
  const SystemClock clock;
  Config config;
  config.disabled = {"off"};
  config.left_out = {"flags"};
  EXPECT_EQ(Probe(config, "nope", clock, {}).error->message,
            "no enabled source is named nope; there are flags");
  EXPECT_EQ(Probe(config, "off", clock, {}).error->message,
            "source off is off: its enabled_if is empty; there are flags");
}

TEST(ProbeTest, NoAnswerIsAnError) {
  const SystemClock clock;
  const ProbeReport report = Probe(Unreachable(), "other", clock, {});
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->code, ErrorCode::kConnect);
  EXPECT_EQ(report.error->message, "GET http://127.0.0.1:1/: connection refused");
}

}  // namespace
}  // namespace o2o

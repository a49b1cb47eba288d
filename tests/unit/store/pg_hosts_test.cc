// SPDX-License-Identifier: Apache-2.0
#include "store/pg_hosts.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

// "host|hostaddr|port|target_session_attrs" of each.
std::vector<std::string> Addresses(const ConnectionSettings& settings) {
  std::vector<std::string> all;
  for (const ConnectionSettings& one : AddressesOf(settings)) {
    std::string text;
    for (const char* keyword : {"host", "hostaddr", "port", "target_session_attrs"}) {
      for (const auto& [name, value] : one) {
        if (name == keyword) text += value;
      }
      text += "|";
    }
    text.pop_back();
    all.push_back(text);
  }
  return all;
}

using Strings = std::vector<std::string>;

TEST(PgHostsTest, DefaultsFillInWhatTheUserDoesNotSay) {
  EXPECT_EQ(WithDefaults({{"host", "h"}, {"connect_timeout", "9"}},
                         {{"connect_timeout", "5"}, {"application_name", "x"}}),
            (ConnectionSettings{{"host", "h"}, {"connect_timeout", "9"}, {"application_name", "x"}}));
}

TEST(PgHostsTest, OneServerMayBeReadOnly) {
  EXPECT_EQ(Addresses({{"host", "/run/postgresql"}, {"port", "5433"}}), Strings{"/run/postgresql||5433|"});
  EXPECT_EQ(Addresses({{"host", "127.0.0.1"}}), Strings{"127.0.0.1|127.0.0.1||"});
  EXPECT_EQ(Addresses({}), Strings{"|||"});
}

TEST(PgHostsTest, OfSeveralThePrimaryIsWanted) {
  EXPECT_EQ(Addresses({{"host", "127.0.0.1,127.0.0.2"}, {"port", "1,2"}}),
            (Strings{"127.0.0.1|127.0.0.1|1|read-write", "127.0.0.2|127.0.0.2|2|read-write"}));
  EXPECT_EQ(Addresses({{"host", "127.0.0.1,/tmp"}, {"port", "1"}}),
            (Strings{"127.0.0.1|127.0.0.1|1|read-write", "/tmp||1|read-write"}));
}

TEST(PgHostsTest, UnlessTheUserSaysOtherwise) {
  EXPECT_EQ(Addresses({{"host", "127.0.0.1,127.0.0.2"}, {"target_session_attrs", "any"}}),
            (Strings{"127.0.0.1|127.0.0.1||any", "127.0.0.2|127.0.0.2||any"}));
}

TEST(PgHostsTest, AnAddressThatIsGivenIsNotLookedUp) {
  EXPECT_EQ(Addresses({{"host", "db.invalid,db2.invalid"}, {"hostaddr", "127.0.0.8,127.0.0.9"}}),
            (Strings{"db.invalid|127.0.0.8||read-write", "db2.invalid|127.0.0.9||read-write"}));
}

TEST(PgHostsTest, WhatCannotBeLookedUpOrPairedIsLeftToLibpq) {
  EXPECT_EQ(Addresses({{"host", "db.invalid"}}), Strings{"db.invalid|||"});
  EXPECT_EQ(Addresses({{"host", "127.0.0.1,127.0.0.2"}, {"port", "1,2,3"}}),
            Strings{"127.0.0.1,127.0.0.2||1,2,3|"});
}

}  // namespace
}  // namespace o2o

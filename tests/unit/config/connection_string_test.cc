// SPDX-License-Identifier: Apache-2.0
#include "config/connection_string.h"

#include "unit/config/loading.h"

namespace o2o {
namespace {

std::string Problem(const std::string& dsn) {
  const auto settings = ParseConnectionString(Secret(dsn));
  return settings ? "" : settings.error().message;
}

std::string Setting(const std::string& dsn, const std::string& keyword) {
  const ConnectionSettings settings = ParseConnectionString(Secret(dsn)).value();
  for (const auto& [name, value] : settings) {
    if (name == keyword) return value;
  }
  return "(not set)";
}

TEST(ConnectionStringTest, WhatLibpqTakesIsTaken) {
  for (const char* dsn :
       {"host=db", "host=db port=5432 dbname=orders user=o2o password='with space'",
        "host = db sslmode = verify-full", "postgresql://u:p%40ss@db:5432/orders", "postgres://db",
        "postgresql://u@[::1]:5432/x?sslmode=require", "postgresql://a:1,b:65535/x",
        "postgresql:///orders?host=/run/postgresql", "host=a,b port=5432,", "service=orders", ""}) {
    EXPECT_EQ(Problem(dsn), "") << dsn;
  }
}

TEST(ConnectionStringTest, MalformedOnesAreRefusedWithoutQuotingThem) {
  for (const char* dsn :
       {"very-secret", "host=127.0.0.1 password='very-secret", "host=127.0.0.1 very-secret",
        "host=db password=very secret=very-secret", "postgresql://u:very-secret%zz@127.0.0.1/x",
        "postgresql://u:very-secret@127.0.0.1:port/x", "postgresql://u:pa@ss:very-secret@db/x",
        "postgresql://[::1/x", "host=db port=0", "host=db port=65536", "host=db port=1,x",
        "postgresql://db/x?very-secret=1"}) {
    EXPECT_NE(Problem(dsn), "") << dsn;
    EXPECT_EQ(Problem(dsn).find("very-secret"), std::string::npos) << Problem(dsn);
    EXPECT_NE(Problem(dsn).find("want "), std::string::npos) << Problem(dsn);
  }
}

TEST(ConnectionStringTest, AMisspelledOptionIsPointedOut) {
  EXPECT_EQ(Problem("hostt=x"), "has an option that PostgreSQL does not know, did you mean host?");
  EXPECT_EQ(Problem("postgresql://db/x?sslmod=require"),
            "has an option that PostgreSQL does not know, did you mean sslmode?");
  EXPECT_EQ(
      Problem("host=db sslmode=on"),
      "has an sslmode that PostgreSQL does not know, want disable, allow, prefer, require, verify-ca or "
      "verify-full");
}

TEST(ConnectionStringTest, SettingsAreReadAsLibpqReadsThem) {
  // A question mark in the password begins no options.
  EXPECT_EQ(Setting("postgresql://u:who?me@db:5432/orders", "password"), "who?me");
  EXPECT_EQ(Setting("postgresql://u:who?me@db:5432/orders", "dbname"), "orders");
  EXPECT_EQ(Setting("postgresql://u:p%40ss@a:1,b:2/x?sslmode=require", "password"), "p@ss");
  EXPECT_EQ(Setting("postgresql://u:p%40ss@a:1,b:2/x?sslmode=require", "host"), "a,b");
  EXPECT_EQ(Setting("postgresql://u:p%40ss@a:1,b:2/x?sslmode=require", "port"), "1,2");
  EXPECT_EQ(Setting("host = db password = 'a b'", "password"), "a b");
  EXPECT_EQ(Setting("service=orders", "service"), "orders");
  EXPECT_EQ(Setting("service=orders", "host"), "(not set)");
}

TEST(ConnectionStringTest, OptionsOfOtherProgramsAreNamedWithWhatToWriteInstead) {
  EXPECT_EQ(Problem("postgresql://u:p@db/x?pgbouncer=true"),
            "has the option pgbouncer, which PostgreSQL does not know: leave it out, o2o-exporter keeps two "
            "connections and works behind PgBouncer");
  EXPECT_EQ(
      Problem("postgresql://u:p@db/x?connectTimeout=5"),
      "has the option connectTimeout, which PostgreSQL does not know: write connect_timeout, in seconds");
  EXPECT_EQ(Problem("postgresql://u:p@db/x?sslmode=prefer&statement_timeout=5"),
            "has the option statement_timeout, which PostgreSQL does not know: set store.statement_timeout");
  EXPECT_EQ(Problem("host=db applicationname=x"),
            "has the option ApplicationName, which PostgreSQL does not know: write application_name");
  for (const char* option : {"schema=public", "currentSchema=public", "connection_limit=5", "pool_timeout=0",
                             "sslaccept=strict", "prepareThreshold=0", "targetServerType=primary"}) {
    const std::string problem = Problem(std::string("postgresql://u:very-secret@db/x?") + option);
    const std::string name(option, std::string(option).find('='));
    EXPECT_NE(problem.find("the option " + name + ","), std::string::npos) << problem;
    EXPECT_EQ(problem.find("very-secret"), std::string::npos) << problem;
  }
}

TEST(ConnectionStringTest, SchemesOfOtherProgramsAreReported) {
  for (const char* dsn : {"jdbc:postgresql://db/x?user=u&password=very-secret",
                          "postgresql+psycopg2://u:very-secret@db/x", "postgres+asyncpg://u:very-secret@db/x",
                          "postgis://u:very-secret@db/x", "r2dbc:postgresql://u:very-secret@db/x"}) {
    EXPECT_EQ(
        Problem(dsn),
        "begins as for another program, want it to begin with postgresql:// (and user:password@ before the "
        "host)");
  }
}

TEST(ConnectionStringTest, PairsAreNotSeparatedByAmpersands) {
  EXPECT_EQ(
      Problem("host=db sslmode=prefer&connect_timeout=5"),
      "has an sslmode that PostgreSQL does not know, want key=value pairs with blanks (not &) between, and "
      "disable, allow, prefer, require, verify-ca or verify-full");
}

TEST(ConnectionStringTest, TheConfigurationNamesTheKey) {
  const std::string text =
      "store: {dsn: \"${DSN}\"}\nsources:\n  - name: orders\n    oms: {url: http://oms.test, api_key: k}\n";
  EXPECT_EQ(
      Mistakes(text, "x.yml", {{"DSN", "postgresql://u:p@h:port/x"}}),
      std::vector<std::string>{"x.yml:1:14: store.dsn: has a port that is not a number from 1 to 65535, want "
                               "postgresql://user:password@host:port/dbname (special characters in the "
                               "password as %XX)"});
  EXPECT_EQ(Mistakes(text, "x.yml", {{"DSN", "hostt=x"}}),
            std::vector<std::string>{
                "x.yml:1:14: store.dsn: has an option that PostgreSQL does not know, did you mean host?"});
}

}  // namespace
}  // namespace o2o

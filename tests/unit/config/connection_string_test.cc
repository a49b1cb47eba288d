// SPDX-License-Identifier: Apache-2.0
#include "config/connection_string.h"

#include "unit/config/loading.h"

namespace o2o {
namespace {

std::string Problem(const std::string& dsn) { return ConnectionStringProblem(Secret(dsn)).value_or(""); }

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

TEST(ConnectionStringTest, TheConfigurationNamesTheKey) {
  const std::string text =
      "store: {dsn: \"${DSN}\"}\nsources:\n  - name: orders\n    oms: {url: http://oms.test, api_key: k}\n";
  EXPECT_EQ(
      Mistakes(text, "x.yml", {{"DSN", "postgresql://u:p@h:port/x"}}),
      std::vector<std::string>{"x.yml:1:14: store.dsn: has a port that is no number from 1 to 65535, want "
                               "postgresql://user:password@host:port/dbname (special characters in the "
                               "password as %XX)"});
  EXPECT_EQ(Mistakes(text, "x.yml", {{"DSN", "hostt=x"}}),
            std::vector<std::string>{
                "x.yml:1:14: store.dsn: has an option that PostgreSQL does not know, did you mean host?"});
}

}  // namespace
}  // namespace o2o

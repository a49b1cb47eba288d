// SPDX-License-Identifier: Apache-2.0
#include "store/connection_text.h"

#include <gtest/gtest.h>

namespace o2o {
namespace {

TEST(ConnectionTextTest, DefaultsFillInWhatTheUserDoesNotSay) {
  const ConnectionSettings defaults = {{"connect_timeout", "5"}, {"application_name", "x"}};
  EXPECT_EQ(WithDefaults({{"host", "h"}, {"connect_timeout", "9"}}, defaults),
            (ConnectionSettings{{"host", "h"}, {"connect_timeout", "9"}, {"application_name", "x"}}));
}

TEST(ConnectionTextTest, AMessageOfKnownShapeIsShownWithItsNames) {
  const std::string message =
      "connection to server at \"db.example\", port 5432 failed: FATAL:  database \"orders\" does not "
      "exist\n";
  EXPECT_EQ(
      DescribeConnectFailure(message,
                             ParseConnectionString(Secret("postgresql://u:s3cret@db.example/orders"))),
      "connection to server at \"db.example\", port 5432 failed: FATAL:  database \"orders\" does not exist");
}

TEST(ConnectionTextTest, QuotedPiecesThatAreNoNamesAreHidden) {
  EXPECT_EQ(DescribeConnectFailure(
                "could not translate host name \"ss@host\" to address: Name or service not known",
                ParseConnectionString(Secret("postgresql://u:p@ss@host/d"))),
            "could not translate host name \"...\" to address: Name or service not known");
  EXPECT_EQ(DescribeConnectFailure(
                "connection to server at \"h\" failed: FATAL:  database \"d password=x\" does not exist", {}),
            "connection to server at \"h\" failed: FATAL:  database \"...\" does not exist");
}

TEST(ConnectionTextTest, WhatLibpqCouldNotParseIsNotQuoted) {
  for (const char* message : {"missing \"=\" after \"cret\" in connection info string",
                              "invalid port number: \"cret\"", "invalid connection option \"cret\""}) {
    EXPECT_EQ(DescribeConnectFailure(message, ParseConnectionString(Secret("password=se cret"))).find("cret"),
              std::string::npos);
  }
}

TEST(ConnectionTextTest, AMessageWithThePasswordInItIsNotShown) {
  for (const char* dsn : {"postgresql://u:s3cret@h/d", "host=h password=s3cret", "host=h password = 's3cret'",
                          "postgresql://h/d?password=s3cret"}) {
    EXPECT_EQ(DescribeConnectFailure("connection to server at \"h\" failed: role s3cret",
                                     ParseConnectionString(Secret(dsn)))
                  .find("s3cret"),
              std::string::npos)
        << dsn;
  }
}

}  // namespace
}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "store/pg_failure.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace o2o {
namespace {

using Kind = PgFailure::Kind;

TEST(PgFailureTest, PostgresqlsOwnWordsAreShown) {
  const PgFailure failure = DescribeServerError(
      {"23505", "duplicate key value violates unique constraint \"orders_pkey\"", "_bt_check_unique", ""});
  EXPECT_EQ(failure.text, "duplicate key value violates unique constraint \"orders_pkey\" (SQLSTATE 23505)");
  EXPECT_EQ(failure.kind, Kind::kCollision);
}

TEST(PgFailureTest, OfABadValueOnlyItsKindIsShown) {
  EXPECT_EQ(
      DescribeServerError({"22P02", "invalid input syntax for type numeric: \"4711 of Mr. Smith\"", "", ""})
          .text,
      "invalid input syntax for type numeric (SQLSTATE 22P02)");
}

TEST(PgFailureTest, WhatAFunctionRaisesIsNotShown) {
  for (const ServerError& error : {
           ServerError{"P0001", "order of Ann is odd", "exec_stmt_raise", ""},
           ServerError{"P0001", "order of Ann is odd", "of_another_version", ""},
           ServerError{"23514", "order of Ann is odd", "exec_stmt_raise", "SQL statement \"Ann\""},
           ServerError{"38000", "order of Ann is odd", "PLy_elog_impl", ""},
           ServerError{"XX000", "order of Ann is odd", "plperl_return_next_internal", ""},
       }) {
    EXPECT_EQ(DescribeServerError(error).text,
              "a function of the database raised an error (SQLSTATE " + std::string(error.sqlstate) + ")");
    EXPECT_EQ(DescribeServerError(error).raised, "order of Ann is odd");
  }
}

TEST(PgFailureTest, TheFunctionThatRaisedIsNamed) {
  EXPECT_EQ(
      DescribeServerError({"P0001", "Ann", "exec_stmt_raise",
                           "PL/pgSQL function shop.odd(integer) line 2 at RAISE\nSQL statement \"Ann\""})
          .text,
      "function shop.odd(integer) raised an error (SQLSTATE P0001)");
}

TEST(PgFailureTest, WordsAreBoundedCleanAndOneLine) {
  const std::string text =
      DescribeServerError(
          {"42601\n\x1b", "a\nts=now level=error\x1b[2J\xff" + std::string(5000, 'x'), "", ""})
          .text;
  EXPECT_LT(text.size(), 400u);
  EXPECT_TRUE(IsCleanUtf8(text));
  EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos) << text;
}

TEST(PgFailureTest, KindsFollowTheSqlstate) {
  EXPECT_EQ(DescribeServerError({"40P01", "", "", ""}).kind, Kind::kCollision);
  EXPECT_EQ(DescribeServerError({"40001", "", "", ""}).kind, Kind::kCollision);
  EXPECT_EQ(DescribeServerError({"55P03", "", "", ""}).kind, Kind::kLockTimeout);
  EXPECT_EQ(DescribeServerError({"57P01", "", "", ""}).kind, Kind::kLost);
  EXPECT_EQ(DescribeServerError({"08006", "", "", ""}).kind, Kind::kLost);
  EXPECT_EQ(DescribeServerError({"57014", "", "", ""}).kind, Kind::kOther);
}

TEST(PgFailureTest, AFailureToConnectIsShownWithItsNames) {
  EXPECT_EQ(
      DescribeConnectFailure("connection to server at \"db.example\", port 5432 failed: FATAL:  database "
                             "\"orders\" does not exist\n",
                             {"s3cret"}),
      "connection to server at \"db.example\", port 5432 failed: FATAL:  database \"orders\" does not exist");
}

TEST(PgFailureTest, QuotedPiecesThatAreNotNamesAreHidden) {
  EXPECT_EQ(DescribeConnectFailure(
                "could not translate host name \"ss@host\" to address: Name or service not known", {}),
            "could not translate host name \"...\" to address: Name or service not known");
  EXPECT_EQ(DescribeConnectFailure(
                "connection to server at \"h\" failed: FATAL:  database \"d password=x\" does not exist", {}),
            "connection to server at \"h\" failed: FATAL:  database \"...\" does not exist");
}

TEST(PgFailureTest, WhatLibpqDoesNotLikeOfTheConnectionStringIsNotQuoted) {
  for (const char* message : {"missing \"=\" after \"cret\" in connection info string",
                              "invalid port number: \"cret\"", "invalid connection option \"cret\""}) {
    EXPECT_EQ(DescribeConnectFailure(message, {}).find("cret"), std::string::npos);
  }
  EXPECT_EQ(DescribeConnectFailure("definition of service \"orders\" not found\n", {}),
            "definition of service \"...\" not found");
}

TEST(PgFailureTest, AMessageWithThePasswordInItIsNotShown) {
  const std::string shown =
      DescribeConnectFailure("connection to server at \"h\" failed: FATAL: role s3cret", {"", "s3cret"});
  EXPECT_EQ(shown.find("s3cret"), std::string::npos) << shown;
}

TEST(PgFailureTest, APoolersRefusalsComeWithWhatToDo) {
  EXPECT_NE(DescribeConnectFailure(
                "connection to server at \"h\" failed: FATAL:  unsupported startup parameter: options", {})
                .find("ignore_startup_parameters"),
            std::string::npos);
  EXPECT_NE(DescribeServerError({"08P01", "transaction blocks not allowed in statement pooling mode", "", ""})
                .text.find("set pool_mode to transaction or session"),
            std::string::npos);
}

}  // namespace
}  // namespace o2o

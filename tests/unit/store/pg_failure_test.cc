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
              "a function of the database raised an error of its own (SQLSTATE " +
                  std::string(error.sqlstate) + ")");
    EXPECT_EQ(DescribeServerError(error).raised, "order of Ann is odd");
  }
}

TEST(PgFailureTest, TheFunctionThatRaisedIsNamed) {
  EXPECT_EQ(
      DescribeServerError({"P0001", "Ann", "exec_stmt_raise",
                           "PL/pgSQL function shop.odd(integer) line 2 at RAISE\nSQL statement \"Ann\""})
          .text,
      "function shop.odd(integer) raised an error of its own (SQLSTATE P0001)");
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

}  // namespace
}  // namespace o2o

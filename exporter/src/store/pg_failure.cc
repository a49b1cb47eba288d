// SPDX-License-Identifier: Apache-2.0
#include "store/pg_failure.h"

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxMessageBytes = 300;

PgFailure::Kind KindOf(std::string_view sqlstate) {
  using Kind = PgFailure::Kind;
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "23505") return Kind::kCollision;
  if (sqlstate == "55P03") return Kind::kLockTimeout;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return Kind::kLost;
  return Kind::kOther;
}

// RAISE of PL/pgSQL, and what the other languages have for it.
bool IsRaised(const ServerError& error) {
  const std::string_view from = error.source_function;
  return error.sqlstate.starts_with("P0") || from == "exec_stmt_raise" || from.starts_with("PLy_") ||
         from.starts_with("plperl_") || from.starts_with("pltcl_");
}

// "PL/pgSQL function odd() line 2 at RAISE": the function; empty where the context does not begin like that.
std::string_view FunctionIn(std::string_view context) {
  constexpr std::string_view kStart = "PL/pgSQL function ";
  if (!context.starts_with(kStart)) return {};
  context.remove_prefix(kStart.size());
  const std::size_t end = context.find(" line ");
  return end == std::string_view::npos ? std::string_view{} : context.substr(0, end);
}

}  // namespace

PgFailure DescribeServerError(const ServerError& error) {
  const std::string sqlstate = Excerpt(error.sqlstate, 5);
  PgFailure failure{KindOf(sqlstate), "", sqlstate};
  if (IsRaised(error)) {
    const std::string_view function = FunctionIn(error.context);
    failure.raised = Excerpt(error.message, kMaxMessageBytes);
    failure.text = function.empty() ? std::string("a function of the database")
                                    : "function " + Excerpt(function, kMaxMessageBytes);
    failure.text += " raised an error of its own";
  } else {
    // Of a bad value only what kind of value.
    const bool quotes = sqlstate.starts_with("22");
    failure.text =
        Excerpt(quotes ? error.message.substr(0, error.message.find(':')) : error.message, kMaxMessageBytes);
  }
  failure.text += " (SQLSTATE " + sqlstate + ")";
  return failure;
}

}  // namespace o2o

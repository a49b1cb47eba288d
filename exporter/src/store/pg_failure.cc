// SPDX-License-Identifier: Apache-2.0
#include "store/pg_failure.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace o2o {
namespace {

constexpr std::size_t kMaxMessageBytes = 300;
constexpr std::string_view kOurs = "O2O01";  // raised by our functions: our own text, which quotes no row

PgFailure::Kind KindOf(std::string_view sqlstate) {
  using Kind = PgFailure::Kind;
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "23505") return Kind::kCollision;
  if (sqlstate == "55P03") return Kind::kLockTimeout;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return Kind::kLost;
  return Kind::kOther;
}

// RAISE of PL/pgSQL, and its counterparts in other languages.
bool IsRaised(const ServerError& error) {
  const std::string_view from = error.source_function;
  return error.sqlstate.starts_with("P0") || from == "exec_stmt_raise" || from.starts_with("PLy_") ||
         from.starts_with("plperl_") || from.starts_with("pltcl_");
}

// "PL/pgSQL function odd() line 2 at RAISE": the function; empty if the context does not begin like that.
std::string_view FunctionIn(std::string_view context) {
  constexpr std::string_view kStart = "PL/pgSQL function ";
  if (!context.starts_with(kStart)) return {};
  context.remove_prefix(kStart.size());
  const std::size_t end = context.find(" line ");
  return end == std::string_view::npos ? std::string_view{} : context.substr(0, end);
}

bool IsPlainName(std::string_view text) {
  return text.size() <= 128 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '.' || c == '-' || c == '/' || c == ':';
         });
}

// `names`: those that are plain are shown.
std::string HideQuotes(std::string_view line, bool names) {
  std::string shown;
  while (!line.empty()) {
    const std::size_t open = line.find('"');
    const std::size_t close = open == std::string_view::npos ? open : line.find('"', open + 1);
    if (close == std::string_view::npos) {
      return open == std::string_view::npos ? shown + std::string(line)
                                            : shown + std::string(line.substr(0, open)) + "...";
    }
    const std::string_view quoted = line.substr(open + 1, close - open - 1);
    shown += line.substr(0, open + 1);
    shown += names && IsPlainName(quoted) ? quoted : "...";
    shown += '"';
    line.remove_prefix(close + 1);
  }
  return shown;
}

// Advice for failures whose message does not say what to do.
struct Hint {
  std::string_view about;
  std::string_view text;
};
constexpr Hint kHints[] = {
    {"unsupported startup parameter",
     "; a pooler refuses it: take it out of the DSN and of PGOPTIONS, or name it in PgBouncer's "
     "ignore_startup_parameters"},
    {"statement pooling mode",
     "; a page of orders is one transaction: set pool_mode to transaction or session for this database"},
};

std::string WithHint(std::string text) {
  for (const Hint& hint : kHints) {
    if (text.find(hint.about) != std::string::npos) return text + std::string(hint.text);
  }
  return text;
}

}  // namespace

PgFailure DescribeServerError(const ServerError& error) {
  const std::string sqlstate = Excerpt(error.sqlstate, 5);
  PgFailure failure{KindOf(sqlstate), "", sqlstate};
  if (sqlstate == kOurs) {
    failure.text = Excerpt(error.message, kMaxMessageBytes);
    return failure;
  }
  if (IsRaised(error)) {
    const std::string_view function = FunctionIn(error.context);
    failure.raised = Excerpt(error.message, kMaxMessageBytes);
    failure.text = function.empty() ? std::string("a function of the database")
                                    : "function " + Excerpt(function, kMaxMessageBytes);
    failure.text += " raised an error";
  } else {
    // Of a bad value only its type is shown.
    const bool quotes = sqlstate.starts_with("22");
    failure.text = Excerpt(quotes ? HideQuotes(error.message.substr(0, error.message.find(':')), false)
                                  : std::string(error.message),
                           kMaxMessageBytes);
  }
  if (!sqlstate.empty()) failure.text += " (SQLSTATE " + sqlstate + ")";
  failure.text = WithHint(std::move(failure.text));
  return failure;
}

std::string DescribeConnectFailure(std::string_view message, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (!secret.empty() && message.find(secret) != std::string_view::npos) {
      return "the server could not be reached or refused the connection (its message is not shown, since it "
             "contains the password)";
    }
  }
  const std::string_view line = message.substr(0, message.find('\n'));
  // libpq quotes what it rejects in the connection string, which may be a piece of the password.
  const bool ours =
      !line.starts_with("connection to server") && !line.starts_with("could not translate host name");
  return WithHint(Excerpt(HideQuotes(line, !ours), kMaxMessageBytes));
}

}  // namespace o2o

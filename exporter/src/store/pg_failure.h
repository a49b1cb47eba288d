// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// Why a call to PostgreSQL failed. Thrown on this floor only; PgSession::Call turns it into an Error.
struct PgFailure {
  enum class Kind {
    kCollision,    // with another writer: a retry may succeed
    kLockTimeout,  // another session held a lock for longer than lock_timeout
    kLost,         // the connection is gone
    kTooLate,      // the deadline of the call passed
    kStopped,      // PgInterruption
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string text = {};      // one line, free of secrets and of row content
  std::string sqlstate = {};  // empty if the call did not fail in the server
  std::string raised = {};    // the text of a RAISE, which may quote a row: only for our own functions
};

// An error of the server, as libpq's fields.
struct ServerError {
  std::string_view sqlstate;
  std::string_view message;
  std::string_view source_function;  // of the server's C code
  std::string_view context;          // the innermost function first
};

// PostgreSQL's own text as far as it cannot quote a row; for an error that a function of the database raised,
// only the name of the function.
PgFailure DescribeServerError(const ServerError& error);

// One line about why connecting failed, from libpq's message. Of quoted pieces only plain names in an answer
// from the network are shown, and nothing of a message that contains one of `secrets`.
std::string DescribeConnectFailure(std::string_view message, const std::vector<std::string>& secrets);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace o2o {

// Why a call to PostgreSQL failed. Thrown on this floor only; PgSession::Call turns it into an Error.
struct PgFailure {
  enum class Kind {
    kCollision,    // with another writer: the same again may do
    kLockTimeout,  // somebody held a lock for longer than lock_timeout
    kLost,         // the connection is gone
    kTooLate,      // the deadline of the call passed
    kStopped,      // PgInterruption
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string text = {};      // one line, free of secrets and of row content
  std::string sqlstate = {};  // empty where it was not the server that failed the call
  std::string raised =
      {};  // a function's own words (RAISE), which may quote a row: for functions of ours only
};

// What the server says of an error, by libpq's fields of it.
struct ServerError {
  std::string_view sqlstate;
  std::string_view message;
  std::string_view source_function;  // of the server's C code
  std::string_view context;          // the innermost function first
};

// Shows PostgreSQL's own words as far as they cannot quote a row, and of what a function of the database
// raised only which function it was.
PgFailure DescribeServerError(const ServerError& error);

// One line about why no connection came about, from libpq's message. Of quoted pieces only plain names of an
// answer from the network are shown, and nothing of a message that has one of `secrets` in it.
std::string DescribeConnectFailure(std::string_view message, const std::vector<std::string>& secrets);

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/duration.h"

namespace o2o {

// Why something failed. A closed set: its names are the values of the `reason` label of
// o2o_source_failures_total, so a new one is a new time series for everybody who alerts on it.
enum class ErrorCode {
  kConnect,       // refused, unreachable, name not found
  kTimeout,       // the deadline passed: no answer, or one that dripped
  kTls,           // certificate or handshake
  kCut,           // the connection ended or was reset before the answer did
  kRedirect,      // a 3xx, or a next page elsewhere; never followed, since the key would go with it
  kUnauthorized,  // 401, 403
  kRefused,       // 400, 413, 414, 422: the upstream does not accept this very request, and will not later
  kHttpStatus,    // any other answer but 200
  kNotJson,       // a good status with something else in it: HTML of a proxy or a login page
  kBadJson,       // JSON that does not parse, or ends in the middle
  kBadShape,      // JSON of another shape than agreed: `data` missing, a string for an array
  kTooLarge,      // more bytes or rows than the ceiling
  kQueryFailed,   // Metabase: the question itself failed
  kForbidden,     // Metabase: the user or key may not run the question
  kNotFound,      // Metabase: no such question
  kArchived,      // Metabase: the question was archived; it still answers, but nobody maintains it
  kInitializing,  // Metabase: still starting
  kThrottled,     // Metabase: too many failed logins; we keep away
  kMfaRequired,   // Metabase: the login wants a second factor
  kTruncated,     // as many rows as a known limit of the upstream: some may be missing
  kStore,         // PostgreSQL
  kConfig,        // what the user gave us: flags, files, environment; in a poll, what only asking shows
  kCancelled,     // we are stopping; never counted as a failure
  kInternal,      // a bug of ours
};

// The name of a code as written in labels and logs, e.g. "bad_json".
std::string_view Name(ErrorCode code);

// Every reason for which a poll can fail: all codes but kCancelled.
std::span<const ErrorCode> AllReasons();

// `message` names what, where and the offending value; never a secret.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::optional<Millis> retry_after{};  // how long the upstream asks us to stay away, from its answer on
};

// Shaped like std::expected, which replaces it as soon as every compiler we support has it.
template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace o2o

// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <algorithm>
#include <array>

#include "base/closed_set.h"

namespace o2o {
namespace {

constexpr std::string_view NameOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConnect: return "connect";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kTls: return "tls";
    case ErrorCode::kCut: return "cut";
    case ErrorCode::kRedirect: return "redirect";
    case ErrorCode::kUnauthorized: return "unauthorized";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kHttpStatus: return "http_status";
    case ErrorCode::kNotJson: return "not_json";
    case ErrorCode::kBadJson: return "bad_json";
    case ErrorCode::kBadShape: return "bad_shape";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kQueryFailed: return "query_failed";
    case ErrorCode::kForbidden: return "forbidden";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kArchived: return "archived";
    case ErrorCode::kInitializing: return "initializing";
    case ErrorCode::kThrottled: return "login_throttled";
    case ErrorCode::kMfaRequired: return "mfa_required";
    case ErrorCode::kTruncated: return "truncated";
    case ErrorCode::kStore: return "store";
    case ErrorCode::kConfig: return "config";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "";
}

consteval auto WithoutCancelled() {
  constexpr auto kAll = AllNamed<ErrorCode, NameOf>();
  std::array<ErrorCode, kAll.size() - 1> reasons{};
  std::copy_if(kAll.begin(), kAll.end(), reasons.begin(),
               [](ErrorCode code) { return code != ErrorCode::kCancelled; });
  return reasons;
}

constexpr auto kReasons = WithoutCancelled();

}  // namespace

std::string_view Name(ErrorCode code) {
  const std::string_view name = NameOf(code);
  return name.empty() ? NameOf(ErrorCode::kInternal) : name;
}

std::span<const ErrorCode> AllReasons() { return kReasons; }

}  // namespace o2o

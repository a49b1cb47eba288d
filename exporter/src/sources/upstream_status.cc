// SPDX-License-Identifier: Apache-2.0
#include "sources/upstream_status.h"

#include <algorithm>

namespace o2o {
namespace {

constexpr std::size_t kMaxTokenBytes = 4u << 10;

}  // namespace

std::string UnexpectedStatus(std::string_view who, int status) {
  const std::string answered = std::string(who) + " answered ";
  if (status == 429) return answered + "that there were too many requests (429)";
  return answered + std::to_string(status) + ", expected 200";
}

Error WithWait(Error error, const HttpResponse& response) {
  if (!response.retry_after || (response.status != 429 && response.status != 503)) return error;
  error.retry_after = response.retry_after;
  error.message += "; it asks us to wait " + FormatDuration(*response.retry_after);
  return error;
}

bool IsSendable(std::string_view token) {
  return !token.empty() && token.size() <= kMaxTokenBytes &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace o2o

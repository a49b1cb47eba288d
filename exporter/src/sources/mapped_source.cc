// SPDX-License-Identifier: Apache-2.0
#include "sources/mapped_source.h"

#include <utility>

namespace o2o {

std::vector<Error> MappedSource::Troubles(std::size_t, std::stop_token) { return {}; }

Result<PollResult> MappedSource::Poll(std::stop_token stop) {
  auto answer = Fetch(kPollSamples, stop);
  if (!answer) return tl::unexpected(answer.error());
  auto result = ToPollResult(*std::move(answer));
  if (!result) return result;
  std::vector<Error> troubles = Troubles(result->rows, std::move(stop));
  if (!troubles.empty()) result->trouble = std::move(troubles.front());
  return result;
}

}  // namespace o2o

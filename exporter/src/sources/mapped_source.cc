// SPDX-License-Identifier: Apache-2.0
#include "sources/mapped_source.h"

#include <utility>

#include "config/endpoint_loader.h"

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

void ReadMapped(MapReader& block, const MappingPlace& place, RowShape shape, MappedSourceConfig& config) {
  block.Bytes("max_body", config.max_body_bytes, kBodyRange);
  config.mapping = ReadMapping(place, shape);
}

}  // namespace o2o

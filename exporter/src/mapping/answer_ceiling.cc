// SPDX-License-Identifier: Apache-2.0
#include "mapping/answer_ceiling.h"

#include <string>

namespace o2o {

Error AboveCeiling(std::size_t ceiling, std::string_view what, std::string_view key) {
  return {ErrorCode::kTooLarge, "more than " + std::to_string(ceiling) + " " + std::string(what) +
                                    ": let the upstream answer with fewer, or raise " + std::string(key)};
}

Error TooMuchToPublish(std::uint64_t most) {
  return {ErrorCode::kTooLarge, "more than " + std::to_string(most) +
                                    " bytes of labels and values: let the upstream answer with fewer or "
                                    "shorter ones, or raise max_published"};
}

}  // namespace o2o

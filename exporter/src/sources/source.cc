// SPDX-License-Identifier: Apache-2.0
#include "sources/source.h"

namespace o2o {

std::vector<ErrorCode> UpstreamFailures(std::initializer_list<ErrorCode> more) {
  std::vector<ErrorCode> reasons{ErrorCode::kConnect,    ErrorCode::kTimeout,  ErrorCode::kTls,
                                 ErrorCode::kCut,        ErrorCode::kRedirect, ErrorCode::kUnauthorized,
                                 ErrorCode::kHttpStatus, ErrorCode::kNotJson,  ErrorCode::kBadJson,
                                 ErrorCode::kBadShape,   ErrorCode::kTooLarge, ErrorCode::kConfig,
                                 ErrorCode::kInternal};
  reasons.insert(reasons.end(), more);
  return reasons;
}

}  // namespace o2o

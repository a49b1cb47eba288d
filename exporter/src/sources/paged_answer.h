// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "sources/mapped_answer.h"
#include "sources/page_walk.h"

namespace o2o {

// Why an answer is not a good one, by the rules of the kind of source. For a page, `mapping` says only
// whether it could be read.
using Judge = std::function<std::optional<Error>(const MappedAnswer&)>;

// FetchMapped for an answer in pages: `first` requests the first one, and the others differ only by their
// URL. All feed one mapping, and a problem of one page is a problem of the answer. Timeout and ceiling of
// `first` hold for all pages together.
[[nodiscard]] Result<MappedAnswer> FetchPages(HttpClient& http, HttpRequest first, const PagesConfig& pages,
                                              const MappingConfig& mapping, const MappingOptions& options,
                                              const Judge& judge, const Clock& clock, std::stop_token stop);

}  // namespace o2o

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

// Why an answer is not a good one, as the kind of source sees it. Of a page the mapping says only whether it
// could be read.
using Judge = std::function<std::optional<Error>(const MappedAnswer&)>;

// FetchMapped for an answer that comes in pages: `first` asks for the first one, and every other differs by
// its URL alone. All feed one mapping, and what is wrong with one of them is wrong with the answer. Timeout
// and ceiling of `first` are those of all pages together.
Result<MappedAnswer> FetchPages(HttpClient& http, HttpRequest first, const PagesConfig& pages,
                                const MappingConfig& mapping, const MappingOptions& options,
                                const Judge& judge, const Clock& clock, std::stop_token stop);

}  // namespace o2o
